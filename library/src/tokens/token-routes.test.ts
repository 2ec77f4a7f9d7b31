/** The endpoints by which people manage their tokens, and services ask about them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN } from "../../test-support/origin.ts";
import { failingStore } from "../../test-support/stores/failing-store.ts";
import { agentOf, KINDS, kindsWorld, signInBySid } from "../../test-support/token-kinds.ts";
import { FOR_PERSON, fromPage, OWNER, PERSON, post, shown } from "../../test-support/tokens.ts";
import { signIn } from "../testing/sign-in.ts";

type World = ReturnType<typeof kindsWorld>;
const SECRET = "a-secret-of-the-service-behind-the-audience";

const send = ({ auth }: World, method: string, path: string, headers: Readonly<Record<string, string>>) =>
  auth.handle(new Request(`${ORIGIN}/auth/${path}`, { method, headers }), () => new Response(null, { status: 404 }));

test("S-44 a signed-in person lists and revokes tokens of their own, and of nobody else", async () => {
  const of = kindsWorld();
  const cookie = await signInBySid(of);
  const other = await signIn(of.auth, { ...PERSON, subject: "43" });
  const agent = await agentOf(of, cookie);
  const { token, id } = await of.auth.tokens.issuePersonal({ subject: PERSON, name: "laptop" });
  const listed = async (by: string) => (await send(of, "GET", "tokens", fromPage(by))).json();
  const { tokens } = await listed(cookie);
  assert.deepEqual(tokens.map((one: { readonly kind: string }) => one.kind).toSorted(), ["agent", "personal"]);
  assert.deepEqual(await listed(other), { tokens: [] });
  for (const [by, one] of [
    [other, id],
    [cookie, "unknown"],
    [cookie, "A".repeat(22)],
  ] as const)
    assert.equal((await send(of, "DELETE", `tokens/${one}`, fromPage(by))).status, 404);
  assert.equal((await shown(of, token)).status, 200);
  assert.equal((await send(of, "DELETE", `tokens/${id}`, fromPage(cookie))).status, 204);
  assert.equal((await shown(of, token)).status, 401);
  assert.equal((await shown(of, agent.accessToken)).status, 200);
  const answer = await send(of, "GET", "tokens", fromPage(cookie));
  assert.deepEqual([answer.headers.get("cache-control"), answer.headers.get("vary")], ["no-store", "Cookie, Sec-Fetch-Site"]);
});

test("S-27 S-47 no token and no other site manages tokens: 401, 403, and nothing changes", async () => {
  const of = kindsWorld();
  const cookie = await signInBySid(of);
  const { token, id } = await of.auth.tokens.issuePersonal({ subject: PERSON, name: "laptop" });
  const crossSite = { cookie, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  for (const [method, path] of [
    ["GET", "tokens"],
    ["DELETE", `tokens/${id}`],
    ["POST", "tokens/personal"],
  ] as const) {
    assert.equal((await send(of, method, path, { ...form })).status, 401, path);
    assert.equal((await send(of, method, path, { ...form, ...crossSite })).status, 403, path);
    assert.equal((await send(of, method, path, { ...form, authorization: `Bearer ${token}` })).status, 403, path);
  }
  assert.equal((await of.auth.tokens.list(OWNER)).length, 1);
});

test("S-58 a person makes a personal token who signed in a short time ago, as configured", async () => {
  const of = kindsWorld();
  const cookie = await signInBySid(of);
  const form = { name: "laptop", scope: "read", expires_in: "3600" };
  const answer = await post(of, "tokens/personal", form, fromPage(cookie));
  const { token, id, ...made } = await answer.json();
  assert.equal(answer.status, 200);
  assert.deepEqual(made, { name: "laptop", scope: "read", expiresAt: of.clock.now() + 3_600_000 });
  assert.equal((await shown(of, token)).body["owner"], OWNER);
  assert.equal((await of.auth.tokens.list(OWNER))[0]?.id, id);
  for (const wrong of [{ name: "" }, { scope: "admin" }, { expires_in: "soon" }, { expires_in: "0" }])
    assert.equal((await post(of, "tokens/personal", { ...form, ...wrong }, fromPage(cookie))).status, 400, JSON.stringify(wrong));
  of.clock.advance(15 * 60_000 + 1);
  const late = await post(of, "tokens/personal", form, fromPage(cookie));
  assert.deepEqual([late.status, /max_age="900"/.test(late.headers.get("www-authenticate") ?? "")], [401, true]);
  const without = kindsWorld({ tokens: { audiences: KINDS.audiences } });
  assert.equal((await post(without, "tokens/personal", form, fromPage(await signInBySid(without)))).status, 405);
});

const asking = () => {
  const { app, ...others } = KINDS.audiences;
  return { ...KINDS, audiences: { ...others, app: { ...app, introspection: ["another-secret-of-the-same-service", SECRET] } } };
};
const basic = (name: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`,
});
const asked = async (of: World, token: string) => (await post(of, "tokens/introspect", { token }, basic("app", SECRET))).json();

test("JT-08 a service is told of live tokens for its audience, and of all others exactly one thing", async () => {
  const of = kindsWorld({ tokens: asking() });
  const cookie = await signInBySid(of);
  const { accessToken, id, refreshToken = "" } = await of.auth.tokens.issue({ ...FOR_PERSON, refreshable: true });
  const personal = await of.auth.tokens.issuePersonal({ subject: PERSON, name: "laptop", scope: "read", lifetime: "1h" });
  const agent = await agentOf(of, cookie);
  const now = of.clock.now() / 1_000;
  const { jti, iat, exp, auth_time, sid, ...claims } = await asked(of, accessToken);
  const live = { active: true, token_type: "Bearer", iss: ORIGIN, sub: OWNER, aud: "app", client_id: ORIGIN, scope: "read" };
  assert.deepEqual([claims, sid, iat, exp, auth_time], [live, id, now, now + 30 * 86_400, now]);
  assert.equal(typeof jti, "string");
  assert.deepEqual(await asked(of, personal.token), { ...live, exp: now + 3_600 });
  await of.auth.tokens.revoke(personal.id);
  await of.auth.tokens.revoke(id);
  const dead = [accessToken, personal.token, refreshToken, agent.accessToken, "nothing", "", "coatcheck_x"];
  for (const token of dead) assert.deepEqual(await asked(of, token), { active: false }, token);
});

test("JT-08 only a service that shows its secret is told anything; a request without is 401", async () => {
  const of = kindsWorld({ tokens: asking() });
  const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
  const ask = (headers: Readonly<Record<string, string>>) => post(of, "tokens/introspect", { token: accessToken }, headers);
  const wrong = [{}, basic("app", ""), basic("agent", SECRET), basic("other", SECRET), basic("app", `${SECRET}x`), basic("", "")];
  for (const headers of [...wrong, { authorization: `Bearer ${accessToken}` }]) {
    const answer = await ask({ ...headers });
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic realm=/);
  }
  assert.equal((await (await ask(basic("app", "another-secret-of-the-same-service"))).json()).active, true);
  const { status } = await post(of, "tokens/introspect", {}, basic("app", SECRET));
  assert.equal(status, 400);
  assert.equal((await post(kindsWorld(), "tokens/introspect", { token: "x" }, basic("app", SECRET))).status, 405);
  const short = { app: { introspection: "short" } };
  assert.throws(() => kindsWorld({ tokens: { audiences: short } }), /tokens\.audiences\.app\.introspection is a secret/);
});

test("S-64 JT-08 a service's secret may be given by a function, which is asked at each request", async () => {
  const { app } = KINDS.audiences;
  let secret = SECRET;
  const of = kindsWorld({
    tokens: { ...KINDS, audiences: { ...KINDS.audiences, app: { ...app, introspection: () => secret } } },
  });
  const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
  const status = async (shows: string) =>
    (await post(of, "tokens/introspect", { token: accessToken }, basic("app", shows))).status;
  assert.deepEqual([await status(SECRET), await status(`${SECRET}-next`)], [200, 401]);
  secret = `${SECRET}-next`;
  assert.deepEqual([await status(SECRET), await status(secret)], [401, 200]);
  // Nobody is let in by a secret that could be guessed, if the function gives one later.
  secret = "short";
  assert.deepEqual([await status(secret), await status("")], [401, 401]);
  const short = { app: { introspection: () => "short" } };
  assert.throws(() => kindsWorld({ tokens: { audiences: short } }), /tokens\.audiences\.app\.introspection is a secret/);
});

test("JT-08 a service revokes tokens for its audience, whatever it shows is 200, and it ends no others", async () => {
  const of = kindsWorld({ tokens: asking() });
  const cookie = await signInBySid(of);
  const revoke = async (token: string, by = basic("app", SECRET)) => (await post(of, "tokens/revoke", { token }, by)).status;
  const agent = await agentOf(of, cookie);
  const family = await of.auth.tokens.issue({ ...FOR_PERSON, refreshable: true });
  const agents = await of.auth.tokens.issue({ ...FOR_PERSON, audience: "agent", refreshable: true });
  const ticket = cookie.slice(cookie.indexOf("=") + 1);
  const made = `${family.id}.${"A".repeat(43)}`;
  const before = (await of.auth.tokens.list(OWNER)).length;
  for (const token of [agent.accessToken, agents.refreshToken ?? "", ticket, made, family.id, "nothing", ""])
    assert.equal(await revoke(token), 200, token);
  assert.equal((await of.auth.tokens.list(OWNER)).length, before);
  assert.equal((await of.auth.sessions.list(OWNER)).length, 1);
  const personal = await of.auth.tokens.issuePersonal({ subject: PERSON, name: "laptop" });
  const access = await of.auth.tokens.issue(FOR_PERSON);
  for (const token of [personal.token, access.accessToken]) {
    assert.equal((await shown(of, token)).status, 200);
    assert.deepEqual([await revoke(token), await revoke(token), (await shown(of, token)).status], [200, 200, 401]);
  }
  assert.deepEqual([await revoke(family.refreshToken ?? ""), (await shown(of, family.accessToken)).status], [200, 401]);
  for (const by of [basic("app", `${SECRET}x`), basic("agent", SECRET), basic("", "")])
    assert.equal(await revoke(agents.refreshToken ?? "", by), 401);
  assert.equal((await shown(of, agents.accessToken)).status, 200);
});

test("JT-08 SE-16 while the store is away an introspection is 503, and says nothing", async () => {
  const { store, failing } = failingStore();
  const of = kindsWorld({ store, tokens: asking() });
  const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
  failing.add("get");
  const answer = await post(of, "tokens/introspect", { token: accessToken }, basic("app", SECRET));
  assert.deepEqual([answer.status, (await answer.json()).code], [503, "ERR_STORE_UNAVAILABLE"]);
});
