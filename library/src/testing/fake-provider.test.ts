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
  const begun = await provider.begin(asked);
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
  const login = await provider.finish(answered(callback));
  assert.deepEqual(login.kind === "login" && login.identity, {
    issuer: "https://provider.test",
    subject: "alice",
    claims: { sub: "alice", name: "Alice" },
    authenticatedAt: clock.now(),
    method: "oidc:default",
  });
  assert.equal(login.kind === "login" && login.sid, "sid-alice");
  assert.equal((await provider.finish(answered(callback))).kind, "refused");
  const bob = await provider.finish(answered(provider.approve(await urlOf(provider), "bob")));
  assert.ok(bob.kind === "login" && bob.identity.subject === "bob" && bob.sid === null);
  assert.throws(() => provider.approve("https://provider.test/authorize", "mallory"), TypeError);
});

test("what does not belong together is not accepted", async () => {
  const provider = fakeProvider({ users });
  for (const change of [{ state: "another-state-x" }, { nonce: "another-nonce-xx" }, { redirectUri: "https://evil.test/" }]) {
    assert.notEqual((await provider.finish(answered(provider.approve(await urlOf(provider)), change))).kind, "login");
  }
  const denied = await provider.finish(answered(provider.deny(await urlOf(provider))));
  assert.equal(denied.kind === "refused" && denied.code, "ERR_PROVIDER_REFUSED");
});

test("refresh tokens rotate strictly, and a revoked one is refused", async () => {
  const provider = fakeProvider({ users });
  const login = await provider.finish(answered(provider.approve(await urlOf(provider))));
  if (login.kind !== "login") assert.fail();
  const renewed = await provider.refresh(login.tokens, login.identity);
  if (renewed.kind !== "renewed") assert.fail();
  assert.notEqual(renewed.tokens.refreshToken, login.tokens.refreshToken);
  assert.equal((await provider.refresh(login.tokens, login.identity)).kind, "refused");
  assert.equal(await provider.revoke(renewed.tokens), true);
  assert.equal((await provider.refresh(renewed.tokens, login.identity)).kind, "refused");
});

test("a provider that is down says so everywhere", async () => {
  const provider = fakeProvider({ users });
  const callback = provider.approve(await urlOf(provider));
  provider.down = true;
  assert.equal(provider.ready(), false);
  assert.equal((await provider.begin(asked)).kind, "unavailable");
  assert.equal((await provider.finish(answered(callback))).kind, "unavailable");
  assert.equal(provider.end({ idToken: null, returnTo: "https://app.test/", state: "s" }), undefined);
});
