import assert from "node:assert/strict";
import { test } from "node:test";
import type { BeginLogin, FinishLogin } from "../contracts.ts";
import { fakeProvider } from "./fake-provider.ts";
import { manualClock } from "./manual-clock.ts";

const users = [
  { subject: "alice", claims: { name: "Alice" } },
  { subject: "bob", sid: null },
];
const asked: BeginLogin = {
  state: "state-of-a-login",
  nonce: "nonce-of-a-login",
  verifier: "verifier",
  redirectUri: "https://app.test/auth/callback",
  parameters: {},
};

async function urlOf(provider: ReturnType<typeof fakeProvider>): Promise<string> {
  const begun = await provider.authorizationUrl(asked);
  return begun.kind === "redirect" ? begun.url : assert.fail(begun.kind);
}

const answered = (callback: string, change: Partial<FinishLogin> = {}): FinishLogin => ({
  ...asked,
  response: new URL(callback).searchParams,
  ...change,
});

test("the first user signs in, or the one that is named; a code is good once", async () => {
  const clock = manualClock();
  const provider = fakeProvider({ users, clock });
  const callback = provider.approve(await urlOf(provider));
  const login = await provider.redeem(answered(callback));
  assert.deepEqual(login.kind === "login" && login.identity, {
    issuer: "https://provider.test",
    subject: "alice",
    claims: { sub: "alice", name: "Alice" },
    authenticatedAt: clock.now(),
    method: "oidc:default",
  });
  assert.equal(login.kind === "login" && login.sid, "sid-alice");
  assert.equal((await provider.redeem(answered(callback))).kind, "refused");
  const bob = await provider.redeem(answered(provider.approve(await urlOf(provider), "bob")));
  assert.ok(bob.kind === "login" && bob.identity.subject === "bob" && bob.sid === null);
  assert.throws(() => provider.approve("https://provider.test/authorize", "mallory"), TypeError);
});

test("what does not belong together is not accepted", async () => {
  const provider = fakeProvider({ users });
  for (const change of [{ state: "another-state-x" }, { nonce: "another-nonce-xx" }, { redirectUri: "https://evil.test/" }]) {
    assert.notEqual((await provider.redeem(answered(provider.approve(await urlOf(provider)), change))).kind, "login");
  }
  const denied = await provider.redeem(answered(provider.deny(await urlOf(provider))));
  assert.equal(denied.kind === "refused" && denied.code, "ERR_PROVIDER_REFUSED");
});

test("refresh tokens rotate strictly, and a revoked one is refused", async () => {
  const provider = fakeProvider({ users });
  const login = await provider.redeem(answered(provider.approve(await urlOf(provider))));
  if (login.kind !== "login") assert.fail();
  const refreshed = await provider.refresh(login.tokens, login.identity);
  if (refreshed.kind !== "refreshed") assert.fail();
  assert.notEqual(refreshed.tokens.refreshToken, login.tokens.refreshToken);
  assert.equal((await provider.refresh(login.tokens, login.identity)).kind, "refused");
  assert.equal(await provider.revoke(refreshed.tokens), true);
  assert.equal((await provider.refresh(refreshed.tokens, login.identity)).kind, "refused");
});

async function signedIn(provider: ReturnType<typeof fakeProvider>) {
  const login = await provider.redeem(answered(provider.approve(await urlOf(provider))));
  return login.kind === "login" ? login : assert.fail(login.kind);
}

test("a refresh token shown again is written down and ends all tokens of its login, and of no other", async () => {
  const provider = fakeProvider({ users });
  const [{ tokens, identity }, other] = [await signedIn(provider), await signedIn(provider)];
  const refreshed = await provider.refresh(tokens, identity);
  if (refreshed.kind !== "refreshed") assert.fail();
  assert.deepEqual(provider.reuses, []);
  assert.equal((await provider.refresh(tokens, identity)).kind, "refused");
  assert.deepEqual(provider.reuses, [{ refreshToken: tokens.refreshToken, subject: "alice" }]);
  assert.equal((await provider.refresh(refreshed.tokens, identity)).kind, "refused");
  assert.equal((await provider.refresh(other.tokens, identity)).kind, "refreshed");
  assert.equal(await provider.revoke(other.tokens), true);
  assert.deepEqual(provider.revoked, [other.tokens.refreshToken]);
});

test("without rotation a refresh token stays good", async () => {
  const provider = fakeProvider({ users, rotate: false });
  const { tokens, identity } = await signedIn(provider);
  for (let times = 0; times < 2; times += 1) {
    const refreshed = await provider.refresh(tokens, identity);
    assert.ok(refreshed.kind === "refreshed" && refreshed.tokens.refreshToken === tokens.refreshToken);
    assert.notEqual(refreshed.tokens.accessToken, tokens.accessToken);
  }
  assert.deepEqual(provider.reuses, []);
});

test("a refresh fails as it is told to: an outage uses up no token, a lost answer does", async () => {
  const provider = fakeProvider({ users });
  const { tokens, identity } = await signedIn(provider);
  for (const [fail, kind] of [
    ["down", "unavailable"],
    ["refuse", "refused"],
    ["lose", "unknown"],
    [null, "refused"],
  ] as const) {
    provider.fail = fail;
    assert.equal((await provider.refresh(tokens, identity)).kind, kind, String(fail));
  }
  assert.equal(provider.reuses.length, 1);
  assert.equal(provider.calls.filter(({ kind }) => kind === "refresh").length, 4);
});

test("a held refresh has taken effect, and is answered when it is let go", async () => {
  const provider = fakeProvider({ users });
  const { tokens, identity } = await signedIn(provider);
  const { promise, resolve } = Promise.withResolvers<void>();
  provider.hold = promise;
  const waiting = provider.refresh(tokens, identity);
  provider.hold = null;
  assert.equal((await provider.refresh(tokens, identity)).kind, "refused");
  resolve();
  assert.equal((await waiting).kind, "refreshed");
});

test("a token for an API rotates the refresh token, fails as a refresh does, and is told of by its API", async () => {
  const provider = fakeProvider({ users });
  const { tokens } = await signedIn(provider);
  const target = { audience: "https://api.test" };
  const given = await provider.tokenFor?.(tokens, target);
  assert.ok(given?.kind === "granted" && given.accessToken !== tokens.accessToken);
  assert.deepEqual(provider.calls.at(-1), { kind: "token", target, refreshToken: tokens.refreshToken });
  const next = { ...tokens, refreshToken: given.refreshToken };
  for (const [fail, kind] of [
    ["down", "unavailable"],
    ["refuse", "denied"],
    ["lose", "unknown"],
  ] as const) {
    provider.fail = fail;
    assert.equal((await provider.tokenFor?.(next, target))?.kind, kind);
  }
  provider.fail = null;
  assert.equal((await provider.tokenFor?.(tokens, target))?.kind, "denied", "shown twice");
});

test("a logout token is this provider's, and good for a while", async () => {
  const clock = manualClock();
  const provider = fakeProvider({ users, clock });
  const token = provider.logoutToken({ sid: "sid-alice" });
  const said = { kind: "logout", issuer: "https://provider.test", subject: null, sid: "sid-alice", tokenId: "jti-1" };
  const times = { issuedAt: clock.now(), expires: clock.now() + 120_000 };
  assert.deepEqual(await provider.verifyLogout(token), { ...said, ...times });
  const other = await provider.verifyLogout(provider.logoutToken({ subject: "alice", sid: "x" }));
  assert.ok(other.kind === "logout" && other.subject === "alice" && other.tokenId === "jti-2");
  const ahead = provider.logoutToken({ subject: "alice", issuedAt: clock.now() + 60_000 });
  for (const wrong of ["logout-99", ahead]) assert.equal((await provider.verifyLogout(wrong)).kind, "invalid");
  assert.throws(() => provider.logoutToken({}), TypeError);
  provider.down = true;
  assert.equal((await provider.verifyLogout(token)).kind, "unavailable");
  provider.down = false;
  clock.advance(120_000);
  assert.equal((await provider.verifyLogout(token)).kind, "invalid");
});

test("a provider that is down says so everywhere", async () => {
  const provider = fakeProvider({ users });
  const callback = provider.approve(await urlOf(provider));
  provider.down = true;
  assert.equal(provider.ready(), false);
  assert.equal((await provider.authorizationUrl(asked)).kind, "unavailable");
  assert.equal((await provider.redeem(answered(callback))).kind, "unavailable");
  assert.equal(provider.logoutUrl({ idToken: null, returnTo: "https://app.test/" }), undefined);
});
