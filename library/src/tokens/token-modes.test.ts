import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { FOR_PERSON, fromPage, OWNER, PERSON, post, REFRESHED, shown, world } from "../../test-support/tokens.ts";
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

test("S-27 S-69 JT-06 every wrong credential at every endpoint is 401, and changes nothing of the victim's", async () => {
  const of = world({ tokens: REFRESHED });
  const { auth, store, clock } = of;
  const expired = await auth.tokens.issue({ ...FOR_PERSON, lifetime: "1s" });
  clock.advance(60_000);
  const cookie = await signIn(auth, PERSON);
  const { id, accessToken, refreshToken = "" } = await auth.tokens.issue({ ...FOR_PERSON, refreshable: true });
  const [session] = await auth.sessions.list(OWNER);
  const identity = { ...PERSON, authenticatedAt: clock.now(), method: "x" };
  const rows = async () =>
    JSON.stringify([await store.get(id), await store.get(session?.id ?? ""), await auth.tokens.list(OWNER)]);
  const made = randomBytes(32).toString("base64url");
  const credentials = {
    "session ticket": ticketOf(cookie),
    "live access token": accessToken,
    "expired access token": expired.accessToken,
    "live refresh token": refreshToken,
    assertion: auth.assertions.sign({ identity, owner: OWNER, audience: "app" }),
    "the family's id": id,
    "the family's id, a made-up secret": `${id}.${made}`,
    "the session's id, a made-up secret": `${session?.id ?? ""}.${made}`,
    "the family's id, the session's secret": `${id}.${ticketOf(cookie).split(".")[1] ?? ""}`,
    "the session's id, the family's secret": `${session?.id ?? ""}.${refreshToken.split(".")[1] ?? ""}`,
    nothing: "",
  };
  type Way = readonly [good: string, show: (credential: string) => Promise<number>];
  const bearerOf = (credential: string) => ({ authorization: `Bearer ${credential}` });
  const statusOf = async (answer: Promise<Response>): Promise<number> => (await answer).status;
  const ways: Readonly<Record<string, Way>> = {
    "tokens, as cookie": [
      "session ticket",
      (it) => statusOf(post(of, "tokens", AUDIENCE, fromPage(`__Host-Http-coatcheck=${it}`))),
    ],
    "tokens, as bearer token": ["", (it) => statusOf(post(of, "tokens", AUDIENCE, bearerOf(it)))],
    "tokens, with a good cookie beside the bearer token": [
      "",
      (it) => statusOf(post(of, "tokens", AUDIENCE, { ...fromPage(cookie), ...bearerOf(it) })),
    ],
    "tokens/refresh": ["live refresh token", (it) => statusOf(post(of, "tokens/refresh", { refresh_token: it }))],
    "tokens/refresh, beside a good cookie": [
      "live refresh token",
      (it) => statusOf(post(of, "tokens/refresh", { refresh_token: it }, fromPage(cookie))),
    ],
    "tokens/revoke": ["live refresh token", (it) => statusOf(post(of, "tokens/revoke", { token: it }))],
    "the app, as bearer token": ["live access token", async (it) => (await shown(of, it)).status],
  };
  const before = await rows();
  for (const [way, [good, show]] of Object.entries(ways)) {
    for (const [name, credential] of Object.entries(credentials)) {
      if (name === good) continue;
      // A header without a token is malformed, and says nothing of anyone.
      const expected = credential === "" && way.endsWith("bearer token") ? 400 : 401;
      assert.equal(await show(credential), expected, `${name} at ${way}`);
    }
  }
  assert.equal(await rows(), before);
  assert.equal(of.told("token.reused").length, 0);
  for (const [way, [good, show]] of Object.entries(ways)) {
    const credential = Object.entries(credentials).find(([name]) => name === good)?.[1];
    if (credential !== undefined && way !== "tokens/revoke") assert.equal(await show(credential), 200, way);
  }
});
