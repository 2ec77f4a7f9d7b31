/** A session that began with tokens which the app got itself: refreshed, ended and revoked as one of our own login. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../../test-support/auth.ts";
import { cookieOf } from "../../../../test-support/cookies.ts";
import { ORIGIN, SECRET } from "../../../../test-support/origin.ts";
import type { LoginIdentity, LoginTokens, Session } from "../../../contracts.ts";
import { coatcheck } from "../../../index.ts";
import { sealedCookie } from "../../../stores/cookie.ts";
import { fakeProvider } from "../../../testing/fake-provider.ts";
import { manualClock } from "../../../testing/manual-clock.ts";

const MINUTE = 60_000;
const ALICE: LoginIdentity = { issuer: "https://provider.test", subject: "alice", claims: { name: "Alice" } };

/** An app with a provider, and a browser's requests to it. */
function world() {
  const clock = manualClock();
  const users = [{ subject: "alice", claims: { name: "Alice L." } }];
  const provider = fakeProvider({ users, clock, tokenLifetime: 10 * MINUTE });
  const made = authWith({ provider, clock });
  const handle = <T>(cookie: string, act: (session: Session) => T | Promise<T>) => {
    const headers = { host: new URL(ORIGIN).host, ...(cookie === "" ? {} : { cookie }) };
    let given: T | undefined;
    const answered = made.auth.handle(new Request(`${ORIGIN}/`, { headers }), async (session) => {
      given = await act(session);
      return new Response(null, { status: 204 });
    });
    return answered.then((response) => ({ response, given }));
  };
  /** What a device gets who asks the provider itself. */
  const tokensOfDevice = async (): Promise<LoginTokens> => {
    const login = { state: "s", nonce: "n", verifier: "v", redirectUri: "https://device.test/back", parameters: {} };
    const begun = await provider.authorizationUrl(login);
    assert.ok(begun.kind === "redirect");
    const response = new URL(provider.approve(begun.url)).searchParams;
    const redeemed = await provider.redeem({ ...login, response });
    assert.ok(redeemed.kind === "login");
    return { ...redeemed.tokens, sid: redeemed.sid };
  };
  const signIn = async (tokens: LoginTokens, identity = ALICE): Promise<string> => {
    const { response } = await handle("", (session) => session.login(identity, { tokens }));
    assert.equal(response.status, 204);
    return cookieOf(response);
  };
  return { ...made, provider, handle, tokensOfDevice, signIn };
}

test("S-57 tokens that the app got itself are refreshed as if a login of ours had brought them", async () => {
  const { provider, handle, tokensOfDevice, signIn, clock, store } = world();
  const tokens = await tokensOfDevice();
  const cookie = await signIn(tokens);
  const seen = async () =>
    (await handle(cookie, async (session) => [await session.accessToken(), session.identity?.claims["name"]])).given;
  assert.deepEqual(await seen(), [tokens.accessToken, "Alice"]);
  clock.advance(11 * MINUTE);
  const [fresh, name] = (await seen()) ?? assert.fail();
  assert.notEqual(fresh, tokens.accessToken);
  assert.equal(name, "Alice L.", "the provider's claims of now");
  assert.deepEqual(
    provider.calls.flatMap((call) => (call.kind === "refresh" ? [call.refreshToken] : [])),
    [tokens.refreshToken],
  );
  const [row] = await store.list({ owner: "https://provider.test alice" }, 10, clock.now());
  assert.deepEqual([row?.issuer, row?.sid], ["https://provider.test", "sid-alice"]);
});

test("LO-10 S-57 such a session ends by the provider's logout, and its tokens are revoked with it", async () => {
  const { provider, handle, tokensOfDevice, signIn, clock, auth } = world();
  const byProvider = await signIn(await tokensOfDevice());
  const signedOut = { issuer: "https://provider.test", subject: null, sid: "sid-alice", issuedAt: clock.now() + 1 };
  assert.equal(await auth.sessions.signedOut(signedOut), 1);
  assert.equal((await handle(byProvider, (session) => session.identity)).given, null);

  const tokens = await tokensOfDevice();
  clock.advance(MINUTE);
  const cookie = await signIn(tokens);
  await handle(cookie, (session) => session.logout());
  await auth.close();
  assert.ok(provider.revoked.includes(tokens.refreshToken ?? ""));
});

test("S-57 its method is the provider's; without a refresh token it lives on as an identity", async () => {
  const { handle, signIn, clock } = world();
  const expires = clock.now() + MINUTE;
  const plain = await signIn({ accessToken: "from-the-import", expires });
  const method = async (cookie: string) => (await handle(cookie, (session) => session.identity?.method)).given;
  assert.equal(await method(plain), "oidc:default");
  assert.equal(await method(await signIn({ accessToken: "a" }, { ...ALICE, method: "device" })), "device");
  clock.advance(2 * MINUTE);
  assert.equal(await method(plain), "oidc:default");
  const failed = await handle(plain, (session) => session.accessToken().catch((error: unknown) => error));
  assert.equal(Reflect.get(Object(failed.given), "code"), "ERR_SESSION_ENDED");
});

/** Logins that could never be refreshed. */
const REFUSED: readonly (readonly [what: RegExp, identity: LoginIdentity, tokens: object])[] = [
  [/tokens\.provider is "other", which is not configured; there is default/, ALICE, { accessToken: "a", provider: "other" }],
  [
    /identity\.issuer is "app"; tokens of the provider default are for a user of/,
    { ...ALICE, issuer: "app" },
    { accessToken: "a" },
  ],
  [/tokens\.accessToken is no text/, ALICE, {}],
  [/tokens\.refreshToken is no text/, ALICE, { accessToken: "a", refreshToken: "" }],
  [/tokens\.idToken is no text/, ALICE, { accessToken: "a", idToken: 1 }],
  [/tokens\.expires is 1\.5; it is milliseconds/, ALICE, { accessToken: "a", expires: 1.5 }],
  [/tokens\.sid is no text/, ALICE, { accessToken: "a", sid: "a\0" }],
];

test("S-57 tokens that no provider here could refresh are a TypeError, and nothing is stored", async () => {
  const { handle, store, clock } = world();
  for (const [what, identity, given] of REFUSED) {
    const tokens: LoginTokens = JSON.parse(JSON.stringify(given));
    const { given: thrown } = await handle("", (session) => {
      assert.throws(() => session.login(identity, { tokens }), what);
      return true;
    });
    assert.equal(thrown, true);
  }
  assert.equal((await store.list({ owner: "https://provider.test alice" }, 10, clock.now())).length, 0);
});

test("S-57 no tokens are taken where sessions are in their cookies, or where no provider is", async () => {
  const sealed = coatcheck({ publicUrl: ORIGIN, secrets: SECRET, store: sealedCookie(), on: () => undefined });
  const tokens = { accessToken: "a" };
  await sealed.handle(new Request(`${ORIGIN}/`), (session) => {
    assert.throws(() => session.login(ALICE, { tokens }), /session\.login\(…, \{ tokens \}\) is not offered/);
    return new Response();
  });
  const alone = authWith();
  await alone.auth.handle(new Request(`${ORIGIN}/`), (session) => {
    assert.throws(() => session.login(ALICE, { tokens }), /no provider is configured/);
    return new Response();
  });
});
