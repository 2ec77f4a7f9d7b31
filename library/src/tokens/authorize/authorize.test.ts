import assert from "node:assert/strict";
import { hash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { cookieOf } from "../../../test-support/cookies.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import { fromPage, OWNER, PERSON, post, refreshed, shown, world } from "../../../test-support/tokens.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { signIn } from "../../testing/sign-in.ts";

const TOKENS = {
  audiences: {
    app: { scope: "read write", lifetime: "5m", family: "30d", users: true },
    short: { lifetime: "90m", users: true },
    inner: {},
  },
  accept: "app",
} as const;
const REDIRECT = "http://127.0.0.1:53211/callback";
const VERIFIER = randomBytes(32).toString("base64url");
const ASKED = {
  response_type: "code",
  client_id: "a-cli",
  redirect_uri: REDIRECT,
  audience: "app",
  scope: "read",
  state: "of-the-program",
  code_challenge: hash("sha256", VERIFIER, "base64url"),
  code_challenge_method: "S256",
};
type Asked = Readonly<Record<string, string>>;
type World = ReturnType<typeof world>;

const app = (more: Parameters<typeof world>[0] = {}): World => world({ tokens: TOKENS, ...more });
const signedIn = ({ auth, clock }: World): Promise<string> => signIn(auth, { ...PERSON, authenticatedAt: clock.now() });

function open({ auth }: World, asked: Asked | URLSearchParams, headers: Asked): Promise<Response> {
  const url = `${ORIGIN}/auth/tokens/authorize?${new URLSearchParams(asked)}`;
  return auth.handle(new Request(url, { headers: { ...NAVIGATION, ...headers } }), () => new Response(null, { status: 404 }));
}
const decide = (of: World, cookie: string, asked: Asked = ASKED, decision = "allow"): Promise<Response> =>
  post(of, "tokens/authorize", { ...asked, decision }, fromPage(cookie));
const answerIn = (response: Response): URLSearchParams => new URL(response.headers.get("location") ?? "about:blank").searchParams;

/** The code that a person who agrees sends the program. */
async function codeOf(of: World, cookie: string, asked: Asked = ASKED): Promise<string> {
  const response = await decide(of, cookie, asked);
  assert.equal(response.status, 303, await response.text());
  return answerIn(response).get("code") ?? "";
}
const exchange = (of: World, code: string, more: Asked = {}): Promise<Response> =>
  post(of, "tokens", {
    ...{ grant_type: "authorization_code", client_id: "a-cli", redirect_uri: REDIRECT, code, code_verifier: VERIFIER },
    ...more,
  });

test("S-58 a program gets tokens by a loopback redirect, once the person who is signed in agrees", async () => {
  const of = app();
  const cookie = await signedIn(of);
  const page = await open(of, ASKED, { cookie });
  const text = await page.text();
  assert.deepEqual(
    [page.status, page.headers.get("cache-control"), page.headers.get("x-frame-options")],
    [200, "no-store", "DENY"],
  );
  for (const said of ["a-cli", "Alice", "<code>app</code>", "<code>read</code>", "30 days"]) assert.ok(text.includes(said), said);
  const agreed = await decide(of, cookie);
  const { origin, pathname, searchParams } = new URL(agreed.headers.get("location") ?? "");
  assert.deepEqual([agreed.status, origin + pathname, searchParams.get("state")], [303, REDIRECT, "of-the-program"]);
  assert.deepEqual([searchParams.get("iss"), agreed.headers.get("referrer-policy")], [ORIGIN, "no-referrer"]);
  const answer = await exchange(of, searchParams.get("code") ?? "");
  assert.deepEqual(
    [answer.status, answer.headers.get("set-cookie"), answer.headers.get("cache-control")],
    [200, null, "no-store"],
  );
  const { access_token, refresh_token, scope } = await answer.json();
  const { body } = await shown(of, access_token);
  assert.deepEqual([scope, body["owner"], (await refreshed(of, refresh_token)).status], ["read", OWNER, 200]);
  assert.deepEqual(
    (await of.auth.tokens.list(OWNER)).map(({ client }) => client),
    ["a-cli"],
  );
});

test("S-58 no agreement, no code: the program is told, and a page of another site agrees to nothing", async () => {
  const of = app();
  const cookie = await signedIn(of);
  for (const decision of ["deny", ""]) {
    const answer = answerIn(await decide(of, cookie, ASKED, decision));
    assert.deepEqual([answer.get("error"), answer.get("code"), answer.get("state")], ["access_denied", null, "of-the-program"]);
  }
  const foreign = { cookie, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal((await post(of, "tokens/authorize", { ...ASKED, decision: "allow" }, foreign)).status, 403);
  assert.equal((await post(of, "tokens/authorize", { ...ASKED, decision: "allow" })).status, 401);
});

test("S-58 who is not signed in signs in first; who did so long ago does again", async () => {
  const of = app();
  const stranger = await open(of, ASKED, {});
  const to = new URL(stranger.headers.get("location") ?? "", ORIGIN);
  assert.deepEqual([stranger.status, to.pathname], [302, "/auth/login"]);
  assert.equal(to.searchParams.get("return_to"), `/auth/tokens/authorize?${new URLSearchParams(ASKED)}`);
  const cookie = await signedIn(of);
  of.clock.advance(15 * 60_000 + 1);
  const page = await open(of, ASKED, { cookie });
  assert.deepEqual([page.status, (await page.text()).includes("/auth/login?prompt=login&amp;return_to=")], [401, true]);
  assert.equal((await decide(of, cookie)).status, 401);
});

test("S-58 S-69 it is asked by a navigation alone, never by who shows a token", async () => {
  const of = app();
  const cookie = await signedIn(of);
  const script = { accept: "application/json", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
  assert.equal((await open(of, ASKED, { ...script, cookie })).status, 401);
  const { accessToken } = await of.auth.tokens.issue({ subject: PERSON, audience: "app", scope: "read" });
  const authorization = `Bearer ${accessToken}`;
  assert.equal((await open(of, ASKED, { cookie, authorization })).status, 401);
  assert.equal((await post(of, "tokens/authorize", { ...ASKED, decision: "allow" }, { authorization })).status, 401);
});

const PAGES: readonly Asked[] = [
  { redirect_uri: "http://localhost:53211/" },
  { redirect_uri: "https://127.0.0.1:53211/" },
  { redirect_uri: "http://127.0.0.1/" },
  { redirect_uri: "http://127.0.0.1:65536/" },
  { redirect_uri: "http://127.0.0.1:80@evil.example/" },
  { redirect_uri: "http://127.0.0.1:5321/?a=b" },
  { redirect_uri: "http://127.0.0.1:5321/#a" },
  { redirect_uri: "http://127.0.0.1.evil.example:80/" },
  { redirect_uri: "http://127.0.0.2:5321/" },
  { redirect_uri: "" },
  { client_id: "" },
  { client_id: "a cli" },
  { client_id: "a".repeat(65) },
  { state: "\u0000" },
];
const BACK: readonly (readonly [asked: Asked, error: string])[] = [
  [{ response_type: "token" }, "unsupported_response_type"],
  [{ code_challenge: "" }, "invalid_request"],
  [{ code_challenge: VERIFIER.slice(1) }, "invalid_request"],
  [{ code_challenge_method: "plain" }, "invalid_request"],
  [{ code_challenge_method: "" }, "invalid_request"],
  [{ audience: "" }, "invalid_target"],
  [{ audience: "unknown" }, "invalid_target"],
  [{ audience: "inner" }, "invalid_target"],
  [{ scope: "read admin" }, "invalid_scope"],
];

test("AR-02 S-58 what is asked wrongly gives no code, and leads nowhere but to the loopback address", async () => {
  const of = app();
  const cookie = await signedIn(of);
  for (const wrong of PAGES) {
    const asked = { ...ASKED, ...wrong };
    for (const response of [await open(of, asked, { cookie }), await decide(of, cookie, asked)]) {
      assert.deepEqual([response.status, response.headers.get("location")], [400, null], JSON.stringify(wrong));
    }
  }
  const twice = new URLSearchParams([...Object.entries(ASKED), ["redirect_uri", "http://127.0.0.1:1/"]]);
  assert.equal((await open(of, twice, { cookie })).status, 400);
  for (const [wrong, error] of BACK) {
    const asked = { ...ASKED, ...wrong };
    for (const response of [await open(of, asked, { cookie }), await decide(of, cookie, asked)]) {
      assert.deepEqual([response.status, answerIn(response).get("error")], [303, error], JSON.stringify(wrong));
      assert.ok(response.headers.get("location")?.startsWith(`${REDIRECT}?`));
    }
  }
  assert.equal((await open(of, { ...ASKED, redirect_uri: "http://[::1]:5321" }, { cookie })).status, 200);
});

test("S-58 AR-02 a code is good once, for a minute, with its verifier, its address and its program", async () => {
  const of = app();
  const cookie = await signedIn(of);
  const code = await codeOf(of, cookie);
  const sealed = cookieOf(await of.auth.handle(new Request(`${ORIGIN}/auth/login`), () => new Response()));
  for (const wrong of [
    { code_verifier: randomBytes(32).toString("base64url") },
    { code_verifier: "" },
    { redirect_uri: "http://127.0.0.1:53212/callback" },
    { client_id: "another-cli" },
    { code: `${code}x` },
    { code: "" },
    { code: String(sealed) },
    { code: (cookie.split("=")[1] ?? "").slice(0, 4_000) },
  ]) {
    const answer = await exchange(of, code, wrong);
    assert.deepEqual([answer.status, (await answer.json()).code], [401, "ERR_INVALID_CREDENTIAL"], JSON.stringify(wrong));
  }
  assert.equal((await exchange(of, code, { grant_type: "refresh_token" })).status, 400);
  const all = await Promise.all(Array.from({ length: 10 }, () => exchange(of, code)));
  assert.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array.from({ length: 9 }, () => 401)]);
  const late = await codeOf(of, cookie);
  of.clock.advance(60_001);
  assert.equal((await exchange(of, late)).status, 401);
  assert.equal((await of.auth.tokens.list(OWNER)).length, 1);
});

test("S-58 who signs out before the code is used has agreed to nothing; another secret reads no code", async () => {
  const [clock, store] = [manualClock(), memory()];
  const of = app({ clock, store });
  const cookie = await signedIn(of);
  const code = await codeOf(of, cookie);
  const other = app({ clock, store, secrets: randomBytes(32).toString("base64url") });
  assert.equal((await exchange(other, code)).status, 401);
  assert.equal((await exchange(app({ clock, store }), code)).status, 200);
  const second = await codeOf(of, cookie);
  await of.auth.endAll(OWNER);
  assert.deepEqual([(await exchange(of, second)).status, await of.auth.tokens.list(OWNER)], [401, []]);
});

test("S-58 an audience without families gives an access token alone, and says for how long", async () => {
  const of = app();
  const asked = { ...ASKED, audience: "short", scope: "" };
  const cookie = await signedIn(of);
  assert.ok((await (await open(of, asked, { cookie })).text()).includes("2 hours"));
  const { access_token, ...rest } = await (await exchange(of, await codeOf(of, cookie, asked))).json();
  assert.deepEqual([typeof access_token, rest], ["string", { token_type: "Bearer", expires_in: 5_400 }]);
});
