import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { generateKeyPair, SignJWT } from "jose";
import { idOf } from "../../test-support/cookies.ts";
import { ORIGIN, SECRET } from "../../test-support/origin.ts";
import { FOR_PERSON, fromPage, OWNER, PERSON, post, REFRESHED, shown, world } from "../../test-support/tokens.ts";
import { createKeyring } from "../crypto/keyring.ts";
import { signIn } from "../testing/sign-in.ts";

const AUDIENCE = { audience: "app", scope: "read" };
const ticketOf = (cookie: string): string => cookie.slice(cookie.indexOf("=") + 1);

test("S-58 S-69 a signed-in user gets tokens of their own, as themselves, and no cookie", async () => {
  const of = world({ tokens: REFRESHED });
  const cookie = await signIn(of.auth, PERSON);
  const answer = await post(of, "tokens", AUDIENCE, fromPage(cookie));
  assert.equal(answer.headers.get("set-cookie"), null);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const { access_token, refresh_token, ...others } = await answer.json();
  assert.deepEqual([answer.status, others], [200, { token_type: "Bearer", expires_in: 300, scope: "read" }]);
  const { body } = await shown(of, access_token);
  assert.deepEqual([body["subject"], body["owner"]], ["42", OWNER]);
  assert.equal((await post(of, "tokens/refresh", { refresh_token })).status, 200);
  assert.equal((await of.auth.sessions.list(OWNER)).length, 1);
});

test("JT-05 S-47 other sites, old logins and wider requests get no tokens", async () => {
  const of = world({ tokens: REFRESHED });
  const cookie = await signIn(of.auth, PERSON);
  const ask = async (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) =>
    post(of, "tokens", form, headers);
  const crossSite = { cookie, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal((await ask(AUDIENCE, crossSite)).status, 403);
  const wider = [{ audience: "other" }, { audience: "unknown" }, { audience: "app", scope: "read admin" }, {}];
  for (const form of wider) assert.equal((await ask({ ...form }, fromPage(cookie))).status, 400, JSON.stringify(form));
  const json = { ...fromPage(cookie), "content-type": "application/json" };
  assert.equal((await ask(AUDIENCE, json)).status, 415);
  of.clock.advance(15 * 60_000 + 1);
  const old = await ask(AUDIENCE, fromPage(cookie));
  assert.equal(old.status, 401);
  assert.match(old.headers.get("www-authenticate") ?? "", /insufficient_user_authentication", max_age="900"/);
  assert.deepEqual(await of.auth.tokens.list(OWNER), []);
});

type Way = readonly [good: readonly string[], show: (credential: string) => Promise<number>];
const statusOf = async (answer: Promise<Response>): Promise<number> => (await answer).status;
const bearerOf = (credential: string) => ({ authorization: `Bearer ${credential}` });
const asCookie = (credential: string) => fromPage(`__Host-Http-coatcheck=${credential}`);

const basicOf = (credential: string) => ({ authorization: `Basic ${btoa(`app:${credential}`)}` });
const manage = ({ auth }: ReturnType<typeof world>, method: string, path: string, headers: Record<string, string>) =>
  auth.handle(new Request(`${ORIGIN}/auth/${path}`, { method, headers }), () => new Response(null, { status: 404 }));

const PROGRAM = { client_id: "cli", redirect_uri: "http://127.0.0.1:7777/" };
const CODE = { ...PROGRAM, grant_type: "authorization_code", code_verifier: "v".repeat(43) };
const ASKED = { ...PROGRAM, ...AUDIENCE, response_type: "code", code_challenge: "c".repeat(43), code_challenge_method: "S256" };

/** An ID token of the provider that signed the person in. */
async function idToken(now: number): Promise<string> {
  const { privateKey } = await generateKeyPair("ES256");
  const claims = { iss: PERSON.issuer, sub: PERSON.subject, aud: "app", iat: now / 1_000, exp: now / 1_000 + 300 };
  return new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k1" }).sign(privateKey);
}

/** One of each kind that a victim has, and what somebody may make up of it. */
async function credentialsOf(of: ReturnType<typeof world>) {
  const { auth, clock } = of;
  const expired = await auth.tokens.issue({ ...FOR_PERSON, lifetime: "1s" });
  clock.advance(60_000);
  const cookie = await signIn(auth, PERSON);
  const ticket = ticketOf(cookie);
  const { id, accessToken, refreshToken = "" } = await auth.tokens.issue({ ...FOR_PERSON, refreshable: true });
  const personal = await auth.tokens.issuePersonal({ subject: PERSON, name: "laptop", scope: "read" });
  const agent = await auth.tokens.issue({ subject: "agent-7", audience: "app", parent: { id: idOf(cookie) }, refreshable: true });
  const other = await auth.tokens.issue({ ...FOR_PERSON, subject: { ...PERSON, subject: "43" }, refreshable: true });
  const identity = { ...PERSON, authenticatedAt: clock.now(), method: "x" };
  const made = randomBytes(32).toString("base64url");
  const secretOf = (text: string): string => text.split(".")[1] ?? "";
  const credentials = {
    "session ticket": ticket,
    "live access token": accessToken,
    "expired access token": expired.accessToken,
    "live refresh token": refreshToken,
    "personal token": personal.token,
    "agent's access token": agent.accessToken,
    "agent's refresh token": agent.refreshToken ?? "",
    "another's refresh token": other.refreshToken ?? "",
    "a token for a service": auth.tokens.forSession(
      { id: idOf(cookie), identity, owner: OWNER, expiresAt: null },
      { audience: "app" },
    ).accessToken,
    assertion: auth.assertions.sign({ identity, owner: OWNER, audience: "app" }),
    "ID token": await idToken(clock.now()),
    "login cookie": createKeyring(SECRET).seal("login", "{}", "__Host-Http-coatcheck-login"),
    "the family's id": id,
    "the family's id, a made-up secret": `${id}.${made}`,
    "the personal token's id, its secret": `${personal.id}.${personal.token.slice(32, 75)}`,
    "the session's id, a made-up secret": `${idOf(cookie)}.${made}`,
    "the family's id, the session's secret": `${id}.${secretOf(ticket)}`,
    "the family's id, another's secret": `${id}.${secretOf(other.refreshToken ?? "")}`,
    "the session's id, the family's secret": `${idOf(cookie)}.${secretOf(refreshToken)}`,
    nothing: "",
  };
  return { cookie, credentials, ids: [id, idOf(cookie), personal.id, agent.id] };
}

test("S-27 S-69 JT-06 every wrong credential at every endpoint is 401, and changes nothing of the victim's", async () => {
  const { app, ...others } = REFRESHED.audiences;
  const audiences = { ...others, app: { ...app, introspection: randomBytes(32).toString("hex") } };
  const of = world({ tokens: { ...REFRESHED, audiences, personal: {} } });
  const { auth, store } = of;
  const { cookie, credentials, ids } = await credentialsOf(of);
  const rows = async () => JSON.stringify([await Promise.all(ids.map((id) => store.get(id))), await auth.tokens.list(OWNER)]);
  const refreshing = ["live refresh token", "agent's refresh token", "another's refresh token"];
  const ways: Readonly<Record<string, Way>> = {
    "tokens, as cookie": [["session ticket"], (it) => statusOf(post(of, "tokens", AUDIENCE, asCookie(it)))],
    "tokens, as bearer token": [[], (it) => statusOf(post(of, "tokens", AUDIENCE, bearerOf(it)))],
    "tokens, with a good cookie beside the bearer token": [
      [],
      (it) => statusOf(post(of, "tokens", AUDIENCE, { ...fromPage(cookie), ...bearerOf(it) })),
    ],
    "tokens/personal, as cookie": [
      ["session ticket"],
      (it) => statusOf(post(of, "tokens/personal", { name: "mine" }, asCookie(it))),
    ],
    "sessions/end-others, as cookie": [["session ticket"], (it) => statusOf(post(of, "sessions/end-others", {}, asCookie(it)))],
    "tokens/refresh": [refreshing, (it) => statusOf(post(of, "tokens/refresh", { refresh_token: it }))],
    "tokens/refresh, beside a good cookie": [
      refreshing,
      (it) => statusOf(post(of, "tokens/refresh", { refresh_token: it }, fromPage(cookie))),
    ],
    "tokens, as a program's code": [[], (it) => statusOf(post(of, "tokens", { ...CODE, code: it }))],
    "tokens/session": [[], (it) => statusOf(post(of, "tokens/session", { access_token: it }))],
    "tokens/session, beside a good cookie": [
      [],
      (it) => statusOf(post(of, "tokens/session", { access_token: it }, fromPage(cookie))),
    ],
    "tokens/introspect, as a service's secret": [
      [],
      (it) => statusOf(post(of, "tokens/introspect", { token: credentials["live access token"] }, basicOf(it))),
    ],
    "GET tokens, as cookie": [["session ticket"], (it) => statusOf(manage(of, "GET", "tokens", asCookie(it)))],
    "DELETE tokens/{id}, as cookie": [
      ["session ticket"],
      (it) => statusOf(manage(of, "DELETE", `tokens/${ids[0]}`, asCookie(it))),
    ],
    "tokens/authorize, as cookie": [
      ["session ticket"],
      (it) => statusOf(post(of, "tokens/authorize", { ...ASKED, decision: "allow" }, asCookie(it))),
    ],
    "tokens/revoke": [refreshing, (it) => statusOf(post(of, "tokens/revoke", { token: it }))],
    "the app, as bearer token": [
      ["live access token", "agent's access token", "personal token"],
      async (it) => (await shown(of, it)).status,
    ],
  };
  const before = await rows();
  for (const [way, [good, show]] of Object.entries(ways)) {
    for (const [name, credential] of Object.entries(credentials)) {
      if (good.includes(name)) continue;
      // A header without a token is malformed, and says nothing of anyone.
      const expected = credential === "" && way.endsWith("bearer token") ? 400 : 401;
      assert.equal(await show(credential), expected, `${name} at ${way}`);
    }
  }
  assert.equal(await rows(), before);
  // What is another's is good for that other, and for nothing of the victim's.
  assert.equal((await post(of, "tokens/refresh", { refresh_token: credentials["another's refresh token"] })).status, 200);
  assert.equal(await rows(), before);
  assert.equal(of.told("token.reused").length, 0);
  for (const [way, [good, show]] of Object.entries(ways)) {
    // Those change something, and an allowed program is sent its code.
    if (/revoke|end-others|DELETE|authorize/.test(way)) continue;
    for (const [name, credential] of Object.entries(credentials))
      if (good.includes(name)) assert.equal(await show(credential), 200, `${name} at ${way}`);
  }
});
