/** The development provider between a browser and an app: the whole way, as with any other provider. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  fetchUserInfo,
  randomPKCECodeVerifier,
  refreshTokenGrant,
} from "openid-client";
import { type AuthOptions, authWith } from "../../test-support/auth.ts";
import { LOOPBACK, ORIGIN, SECRET } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import type { JsonObject } from "../contracts.ts";
import { systemEntropy } from "../crypto/entropy.ts";
import { createKeyring } from "../crypto/keyring.ts";
import { systemClock } from "../engine/system.ts";
import { memory } from "../stores/memory.ts";
import { type DevProviderOptions, devProvider } from "./dev-provider.ts";

const opened: { close(): Promise<void> }[] = [];
after(() => Promise.all(opened.map((auth) => auth.close())));

interface Sending {
  readonly form?: object;
  readonly peer?: string;
  readonly headers?: { readonly [name: string]: string };
}

/** An app with this provider, and a browser at it. */
function visitorAt(options: DevProviderOptions = {}, others: AuthOptions<JsonObject> = {}) {
  const app = authWith({ publicUrl: LOOPBACK, provider: devProvider(options), ...others });
  opened.push(app.auth);
  const jar = new Map<string, string>();
  let token: () => Promise<string> = async () => "";
  async function send(method: string, target: string, { form, peer = "127.0.0.1", ...more }: Sending = {}): Promise<Response> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const posted =
      form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
    const headers = new Headers({ ...NAVIGATION, ...posted, ...(cookie === "" ? {} : { cookie }), ...more.headers });
    const body = form === undefined ? null : new URLSearchParams(Object.entries(form)).toString();
    const request = new Request(new URL(target, LOOPBACK), { method, headers, body });
    const answer = await app.auth.handle(
      request,
      (session) => {
        token = () => session.accessToken();
        return new Response(session.identity?.subject ?? "nobody", { status: session.identity === null ? 401 : 200 });
      },
      { peer },
    );
    for (const line of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = line.split(";")[0]?.split("=") ?? [];
      if (line.includes("Max-Age=0")) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }
  const get = (target: string, peer = "127.0.0.1", headers = {}) => send("GET", target, { peer, headers });
  const post = (target: string, form: object, peer = "127.0.0.1") => send("POST", target, { form, peer });
  /** To the page of the provider; answers its address. */
  const toPage = async (query = "") => locationOf(await get(`/auth/login${query}`));
  const signIn = async (user = "alice", query = "") => get(locationOf(await post(await toPage(query), { user })));
  return { ...app, jar, get, post, toPage, signIn, accessToken: () => token() };
}

const locationOf = (answer: Response): string => answer.headers.get("location") ?? "";

/** What a token says. */
const claimsOf = (token: string): JsonObject => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

test("S-67 development provider: from the login over its page to a session, with the claims of the user", async () => {
  const site = visitorAt({ users: { alice: { groups: ["staff"] }, "bob<b>": {} } });
  const page = await site.get(await site.toPage("?return_to=/cart"));
  const text = await page.text();
  assert.equal(page.status, 200);
  assert.match(text, /<button[^>]*value="alice">alice<\/button>/);
  assert.match(text, /bob&lt;b&gt;/);
  const back = await site.signIn("alice", "?return_to=/cart");
  assert.equal(locationOf(back), "/cart");
  assert.equal(await (await site.get("/")).text(), "alice");
  const told = await site.get("/auth/session");
  const { identity } = JSON.parse(await told.text());
  assert.equal(identity.issuer, `${LOOPBACK}/auth/dev`);
  const { groups, email, email_verified: verified, name } = identity.claims;
  assert.deepEqual(
    { groups, email, verified, name },
    { groups: ["staff"], email: "alice@example.com", verified: true, name: "Alice" },
  );
});

test("S-67 development provider: refused unless every public address is a loopback one", () => {
  for (const publicUrl of [ORIGIN, ["https://localhost:3000", ORIGIN], "https://localhost.example.com"])
    assert.throws(() => authWith({ publicUrl, provider: devProvider() }), { code: "ERR_CONFIG" }, String(publicUrl));
  assert.throws(
    () => authWith({ publicUrl: ORIGIN, provider: devProvider() }),
    /not a loopback address\n.*signs anybody in.*Name your own provider/,
  );
  for (const publicUrl of ["https://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "http://app.localhost:3000"])
    opened.push(authWith({ publicUrl, provider: devProvider() }).auth);
});

test("S-67 development provider: peers of other machines get a page that says so, and nothing else", async () => {
  const site = visitorAt();
  const page = await site.toPage();
  for (const peer of ["192.168.1.7", "::ffff:10.0.0.1", "fe80::1"]) {
    assert.equal((await site.get(page, peer)).status, 403, peer);
    assert.equal((await site.post(page, { user: "alice" }, peer)).status, 403, peer);
    assert.equal((await site.get("/auth/dev/keys", peer)).status, 403, peer);
  }
  for (const peer of ["::1", "::ffff:127.0.0.1", "127.9.9.9", "unix"])
    assert.equal((await site.get(page, peer)).status, 200, peer);
});

test("S-67 development provider: what is no user, no name and no option is refused at the start", () => {
  assert.throws(() => devProvider({ users: [] }), { code: "ERR_CONFIG" });
  assert.throws(() => devProvider({ users: ["al ice"] }), /"al ice", which is no name/);
  assert.throws(() => devProvider({ tokenLifetime: 10 }), { code: "ERR_CONFIG" });
  const wrong: object = { user: ["alice"] };
  assert.throws(() => devProvider(wrong), /devProvider\.user is no option\. Did you mean devProvider\.users\?/);
});

test("S-67 development provider: nothing is sent to an address that is not the app's", async () => {
  const site = visitorAt();
  const page = new URL(await site.toPage());
  page.searchParams.set("redirect_uri", "https://evil.example/auth/callback");
  const answer = await site.post(page.href, { user: "alice" });
  assert.deepEqual([answer.status, answer.headers.get("location")], [400, null]);
  const unknown = await site.post(await site.toPage(), { user: "mallory" });
  assert.equal(unknown.status, 400);
});

test("S-67 development provider: a person may refuse, and no login passes without a person", async () => {
  const site = visitorAt();
  const refused = new URL(locationOf(await site.post(await site.toPage(), { refuse: "1" })));
  assert.equal(refused.searchParams.get("error"), "access_denied");
  assert.equal((await site.get(refused.href)).status, 403);
  const silent = new URL(locationOf(await site.get(await site.toPage("?prompt=none"))));
  assert.equal(silent.searchParams.get("error"), "login_required");
});

test("S-67 development provider: a fresh login and a stronger one are granted as they are asked for", async () => {
  const site = visitorAt();
  await site.signIn("bob", "?max_age=0&acr_values=gold");
  assert.equal(await (await site.get("/")).text(), "bob");
  const { identity } = JSON.parse(await (await site.get("/auth/session")).text());
  assert.equal(identity.claims.acr, "gold");
});

test("S-67 development provider: the user that the app hints at comes first", async () => {
  const site = visitorAt();
  const page = await (await site.get(await site.toPage("?login_hint=bob@example.com"))).text();
  assert.ok(page.indexOf('value="bob"') < page.indexOf('value="alice"'), page);
});

test("S-67 development provider: tokens are refreshed, and a user who was struck off is out", async () => {
  const store = memory();
  const site = visitorAt({ tokenLifetime: 10_000 }, { store });
  await site.signIn();
  await site.get("/");
  const first = claimsOf(await site.accessToken());
  site.clock.advance(11_000);
  assert.equal(await (await site.get("/")).text(), "alice");
  const second = claimsOf(await site.accessToken());
  assert.equal(second["sid"], first["sid"]);
  assert.ok(Number(second["exp"]) > Number(first["exp"]));

  const { clock } = site;
  const after = visitorAt({ users: ["bob"], tokenLifetime: 10_000 }, { store, clock });
  for (const [name, value] of site.jar) after.jar.set(name, value);
  assert.equal(await (await after.get("/")).text(), "alice");
  clock.advance(11_000);
  assert.equal(await (await after.get("/")).text(), "nobody");
});

test("S-67 development provider: a logout goes over its page, and no token is good after it", async () => {
  const site = visitorAt();
  await site.signIn();
  await site.get("/");
  const token = await site.accessToken();
  const out = new URL(locationOf(await site.post("/auth/logout", {})), LOOPBACK);
  const told = () => site.get("/auth/dev/userinfo", undefined, { authorization: `Bearer ${token}` });
  assert.equal(out.pathname, "/auth/dev/logout");
  assert.equal(locationOf(await site.get(out.href)), `${LOOPBACK}/auth/signed-out`);
  assert.equal((await told()).status, 401);
  const elsewhere = await site.get("/auth/dev/logout?post_logout_redirect_uri=https://evil.example/");
  assert.deepEqual([elsewhere.status, elsewhere.headers.get("location")], [200, null]);
});

test("S-67 development provider: any client finds it over HTTP; codes and refresh tokens are good once", async () => {
  const place = { origins: [LOOPBACK], prefix: "/auth", keyring: createKeyring(SECRET), store: memory() };
  const { config, fetch } = devProvider().standAt({ ...place, clock: systemClock, entropy: systemEntropy });
  const { issuer, clientId, clientSecret } = config;
  const client = await discovery(new URL(issuer), clientId, clientSecret, undefined, {
    execute: [allowInsecureRequests],
    [customFetch]: (url, { headers, body }) => fetch(url, { headers, body: String(body ?? "") }),
  });
  const redirectUri = `${LOOPBACK}/auth/callback`;
  const verifier = randomPKCECodeVerifier();
  const challenge = await calculatePKCECodeChallenge(verifier);
  const asked = { redirect_uri: redirectUri, scope: "openid", code_challenge: challenge, code_challenge_method: "S256" };
  const page = buildAuthorizationUrl(client, { ...asked, state: "s", nonce: "n" });
  const site = visitorAt({}, { store: place.store });
  const back = new URL(locationOf(await site.post(page.href, { user: "bob" })));
  const checks = { expectedState: "s", expectedNonce: "n", pkceCodeVerifier: verifier, idTokenExpected: true };
  await assert.rejects(authorizationCodeGrant(client, back, { ...checks, pkceCodeVerifier: randomPKCECodeVerifier() }), GONE);
  const tokens = await authorizationCodeGrant(client, back, checks);
  assert.equal(tokens.claims()?.sub, "bob");
  await assert.rejects(authorizationCodeGrant(client, back, checks), GONE);
  assert.equal((await fetchUserInfo(client, tokens.access_token, "bob"))["email"], "bob@example.com");

  const first = tokens.refresh_token ?? "";
  const next = await refreshTokenGrant(client, first);
  await assert.rejects(refreshTokenGrant(client, first), GONE);
  // Shown twice, so it may be stolen: what came of it is over too.
  await assert.rejects(refreshTokenGrant(client, next.refresh_token ?? ""), GONE);

  const metadata = JSON.parse(await (await site.get("/auth/dev/.well-known/openid-configuration")).text());
  assert.equal(metadata.issuer, issuer);
  const [kid] = JSON.parse(await (await site.get("/auth/dev/keys")).text()).keys.map((key: { readonly kid: string }) => key.kid);
  assert.equal(kid, JSON.parse(Buffer.from((tokens.id_token ?? "").split(".")[0] ?? "", "base64url").toString()).kid);
  const stranger = {
    grant_type: "refresh_token",
    refresh_token: next.refresh_token,
    client_id: clientId,
    client_secret: "wrong",
  };
  assert.equal((await site.post("/auth/dev/token", stranger)).status, 401);
});

/** What it answers for a code or token that is good no more. */
const GONE = { error: "invalid_grant" };
