import assert from "node:assert/strict";
import { test } from "node:test";
import { cookieOf, idOf } from "../../../test-support/cookies.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { ask, fromPage, OWNER, PERSON, post, refreshed, shown, world } from "../../../test-support/tokens.ts";
import { signIn } from "../../testing/sign-in.ts";

const TOKENS = {
  audiences: { app: { scope: "read", lifetime: "2h", family: "1d" }, webview: { lifetime: "1m", sessions: true } },
  accept: "app",
} as const;
const app = () => world({ tokens: TOKENS });
type World = ReturnType<typeof app>;

const issued = async ({ auth, clock }: World, more: object = {}): Promise<string> =>
  (await auth.tokens.issue({ subject: { ...PERSON, authenticatedAt: clock.now() - 60_000 }, audience: "webview", ...more }))
    .accessToken;
const exchange = (of: World, token: string, more: object = {}, headers: object = {}): Promise<Response> =>
  post(of, "tokens/session", { access_token: token, ...more }, { ...headers });

test("S-69 a token for an audience with sessions begins a browser session, once, by its own endpoint", async () => {
  const of = app();
  const token = await issued(of);
  const answer = await exchange(of, token, { return_to: "/inbox" });
  assert.deepEqual(
    [answer.status, answer.headers.get("location"), answer.headers.get("cache-control")],
    [303, "/inbox", "no-store"],
  );
  const cookie = cookieOf(answer);
  const { status, body } = await ask(of, { cookie });
  assert.deepEqual([status, body], [200, { subject: "42", claims: PERSON.claims, owner: OWNER, via: "session" }]);
  const row = await of.store.get(idOf(cookie));
  assert.deepEqual([row?.kind, row?.owner], ["browser", OWNER]);
  assert.deepEqual([(await exchange(of, token)).status, (await exchange(of, token)).headers.get("set-cookie")], [401, null]);
  assert.equal((await of.auth.sessions.list(OWNER)).length, 1);
  await of.auth.endAll(OWNER);
  assert.equal((await ask(of, { cookie })).body["subject"], null);
});

test("S-69 of a hundred at once one begins a session", async () => {
  const of = app();
  const token = await issued(of);
  const all = await Promise.all(Array.from({ length: 100 }, () => exchange(of, token)));
  assert.equal(all.filter(({ status }) => status === 303).length, 1);
  assert.equal((await of.auth.sessions.list(OWNER)).length, 1);
});

test("S-69 everything else is 401 there, begins nothing, and leaves its owner as they were", async () => {
  const of = app();
  const cookie = await signIn(of.auth, { ...PERSON, subject: "victim" });
  const { accessToken, refreshToken = "" } = await of.auth.tokens.issue({ subject: PERSON, audience: "app", refreshable: true });
  const over = await issued(of);
  of.clock.advance(60_000 + 30_001);
  const revoked = await of.auth.tokens.issue({ subject: PERSON, audience: "webview" });
  await of.auth.tokens.revoke(revoked.id);
  const others: Readonly<Record<string, string>> = {
    "of another audience": accessToken,
    "a refresh token": refreshToken,
    "a ticket": cookie.slice(cookie.indexOf("=") + 1),
    expired: over,
    revoked: revoked.accessToken,
    "an agent's": (await of.auth.tokens.issue({ subject: "agent", audience: "webview", parent: { id: idOf(cookie) } }))
      .accessToken,
    "of another owner": await issued(of, { owner: "somebody" }),
    "by other keys": await issued(world({ tokens: TOKENS, secrets: "Xc3vB7nM1qW5eR9tY2uI6oP0aS4dF8gH3jK7lZ1xCvQ" })),
    empty: "",
  };
  for (const [name, token] of Object.entries(others)) {
    const answer = await exchange(of, token);
    assert.deepEqual([answer.status, answer.headers.get("set-cookie")], [401, null], name);
  }
  assert.deepEqual([await of.auth.sessions.list(OWNER), (await ask(of, { cookie })).body["subject"]], [[], "victim"]);
  assert.deepEqual([(await shown(of, accessToken)).status, (await refreshed(of, refreshToken)).status], [200, 200]);
  const none = world();
  const { accessToken: plain } = await none.auth.tokens.issue({ subject: PERSON, audience: "app" });
  assert.equal((await exchange(none, plain)).status, 401);
});

test("S-69 CS-01 another site's page signs nobody in, and who is signed in as another is not any more", async () => {
  const of = app();
  const token = await issued(of);
  const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal((await exchange(of, token, {}, foreign)).status, 403);
  const cookie = await signIn(of.auth, { ...PERSON, subject: "before" });
  const answer = await exchange(of, token, { return_to: "https://evil.example/" }, { ...fromPage(cookie), accept: "text/html" });
  assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/"]);
  assert.equal((await ask(of, { cookie })).body["subject"], null);
  assert.equal((await ask(of, { cookie: cookieOf(answer) })).body["subject"], "42");
});

test("S-69 a handler of the app's begins it by auth.tokens.signIn", async () => {
  const of = app();
  const token = await issued(of);
  const open = (): Promise<Response> =>
    of.auth.handle(new Request(`${ORIGIN}/open`, { method: "POST" }), async (session) =>
      Response.json({ signedIn: await of.auth.tokens.signIn(session, token) }),
    );
  const [first, second] = [await open(), await open()];
  assert.deepEqual([await first.json(), await second.json()], [{ signedIn: true }, { signedIn: false }]);
  assert.equal((await ask(of, { cookie: cookieOf(first) })).body["subject"], "42");
  assert.equal(second.headers.get("set-cookie"), null);
});
