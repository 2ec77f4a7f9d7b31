/** The whole library between a browser and a provider: what endpoints, engine and store only keep together. */
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { Site } from "../../../test-support/site.ts";
import { siteWith } from "../../../test-support/site.ts";

const op = await lyingProvider();
const config = { issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret };
const sites: Site[] = [];
const site = (options: Parameters<typeof siteWith>[0] = {}): Site => {
  const made = siteWith({ provider: config, ...options });
  sites.push(made);
  return made;
};
after(() => op.close());
afterEach(async () => {
  await Promise.all(sites.splice(0).map((one) => one.close()));
  op.reset();
});

const TICKET = "__Host-Http-coatcheck";
const rowsOf = async ({ store }: Site) => store.list({ owner: `${op.issuer} alice` }, 100, Date.now());

test("a person signs in, is known, and signs out so that the copied cookie is dead", async () => {
  const here = site();
  const visitor = here.visitor();
  const landed = await visitor.signIn(op, "?return_to=/cart");
  assert.equal(landed.status, 303);
  assert.equal(landed.headers.get("location"), "/cart");
  assert.deepEqual([...visitor.jar.keys()], [TICKET]);
  assert.equal(await (await visitor.get("/cart")).text(), "alice");
  const copy = here.visitor(visitor.jar);
  const out = await visitor.post("/auth/logout");
  assert.equal(out.status, 303);
  assert.equal(new URL(out.headers.get("location") ?? "").pathname, "/end");
  assert.equal(visitor.jar.size, 0);
  assert.equal((await copy.get("/cart")).status, 401);
});

test("CB-09 the session is new, and the one that was presented before is dead", async () => {
  const here = site();
  const visitor = here.visitor();
  await visitor.signIn(op);
  const before = here.visitor(visitor.jar);
  await visitor.signIn(op);
  assert.notEqual(visitor.jar.get(TICKET), before.jar.get(TICKET));
  assert.equal((await before.get("/")).status, 401);
  assert.equal((await visitor.get("/")).status, 200);
  assert.equal((await rowsOf(here)).length, 1);
});

test("CB-10 another person's login ends the first one's session", async () => {
  const here = site();
  const visitor = here.visitor();
  await visitor.signIn(op);
  const first = here.visitor(visitor.jar);
  op.user = { sub: "bob", claims: {} };
  await visitor.signIn(op);
  assert.equal(await (await visitor.get("/")).text(), "bob");
  assert.equal((await first.get("/")).status, 401);
  assert.equal((await rowsOf(here)).length, 0);
});

test("CB-02 twenty copies of a callback at once send one code and store one session", async () => {
  const here = site();
  const visitor = here.visitor();
  const begun = await visitor.get("/auth/login?return_to=/cart");
  const { location } = await op.authorize(begun.headers.get("location") ?? "");
  const tabs = Array.from({ length: 20 }, () => here.visitor(visitor.jar));
  const answers = await Promise.all(tabs.map((tab) => tab.get(location.pathname + location.search)));
  assert.equal(op.count("token"), 1);
  assert.equal(answers.filter(({ headers }) => headers.get("location") === "/cart").length, 1);
  assert.ok(answers.every(({ status }) => status === 303));
  assert.equal((await rowsOf(here)).length, 1);
});

test("S-07 S-39 a login begun at one replica is finished at another, with the same secret and store", async () => {
  const here = site();
  const there = site({ store: here.store });
  const visitor = here.visitor();
  const begun = await visitor.get("/auth/login?return_to=/cart");
  const { location } = await op.authorize(begun.headers.get("location") ?? "");
  const moved = there.visitor(visitor.jar);
  assert.equal((await moved.get(location.pathname + location.search)).headers.get("location"), "/cart");
  assert.equal(await (await here.visitor(moved.jar).get("/")).text(), "alice");
});

test("CB-12 ID-01 a lying provider leaves no session, no cookie and no loop", async () => {
  const here = site();
  const visitor = here.visitor();
  op.lies.claims = (claims) => ({ ...claims, nonce: "other" });
  const answer = await visitor.signIn(op);
  assert.equal(answer.status, 502);
  assert.equal(answer.headers.get("location"), null);
  assert.equal(visitor.jar.size, 0);
  assert.equal((await rowsOf(here)).length, 0);
  assert.equal(op.count("userinfo"), 0);
});

test("CB-05 a failed login leaves the session that was there", async () => {
  const here = site();
  const visitor = here.visitor();
  await visitor.signIn(op);
  op.lies.authorization = (response) => {
    response.delete("code");
    response.set("error", "access_denied");
  };
  assert.equal((await visitor.signIn(op)).status, 403);
  assert.equal(await (await visitor.get("/")).text(), "alice");
});

test("LO-01 a provider that is down keeps no user signed in, and running sessions go on until then", async () => {
  const here = site();
  const visitor = here.visitor();
  await visitor.signIn(op);
  op.lies.raw = (_entry, response) => Boolean(response.destroy());
  assert.equal((await visitor.get("/")).status, 200);
  const copy = here.visitor(visitor.jar);
  const out = await visitor.post("/auth/logout", { accept: "application/json" });
  assert.equal(out.status, 200);
  assert.equal((await copy.get("/")).status, 401);
});

test("LO-02 the landing after logout knows no state, and signs no user in", async () => {
  const here = site();
  const visitor = here.visitor();
  await visitor.signIn(op);
  const location = new URL((await visitor.post("/auth/logout")).headers.get("location") ?? "");
  const back = new URL(location.searchParams.get("post_logout_redirect_uri") ?? "");
  assert.equal(location.searchParams.has("state"), false);
  for (const state of ["wrong", null]) {
    const landed = await visitor.get(back.pathname + (state === null ? "" : `?state=${state}`));
    assert.deepEqual([landed.status, back.pathname], [200, "/auth/signed-out"]);
    assert.match(await landed.text(), /<h1>You are signed out<\/h1>/);
    assert.equal(visitor.jar.size, 0);
  }
});

test("LO-03 TK-01 a logout revokes both tokens in the background, the refresh token first", async () => {
  const here = site();
  const visitor = here.visitor();
  await visitor.signIn(op);
  await visitor.post("/auth/logout");
  await here.close();
  const revoked = op.journal.filter(({ endpoint }) => endpoint === "revocation").map(({ form }) => form.get("token_type_hint"));
  assert.deepEqual(revoked, ["refresh_token", "access_token"]);
});

test("S-46 CS-01 a logout from another site is refused, and GET only asks", async () => {
  const here = site();
  const visitor = here.visitor();
  await visitor.signIn(op);
  assert.equal((await visitor.post("/auth/logout", { "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await visitor.get("/auth/logout")).status, 200);
  assert.equal((await visitor.get("/")).status, 200);
});

test("A-43 TK-11 no token reaches the browser, but for the hint of a logout", async () => {
  const here = site();
  const visitor = here.visitor();
  await visitor.signIn(op, "?return_to=/cart");
  await visitor.get("/cart");
  await visitor.get("/auth/session", { ...NAVIGATION, accept: "application/json" });
  const all = visitor.seen.join("\n");
  for (const canary of ["access-", "refresh-", "eyJ", op.clientSecret]) assert.equal(all.includes(canary), false, canary);
  assert.equal((await here.visitor().get("/auth/session")).status, 401);
});

test("AR-10 AR-11 F-45 HEAD and POST of the login begin none", async () => {
  const here = site();
  const visitor = here.visitor();
  const asked = op.journal.length;
  const answers = [
    await visitor.post("/auth/login"),
    await visitor.head("/auth/login"),
    await visitor.head("/auth/callback?code=c&state=s"),
  ];
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers.get("location"), headers.getSetCookie()]),
    [
      [405, null, []],
      [401, null, []],
      [405, null, []],
    ],
  );
  assert.deepEqual([visitor.jar.size, op.journal.length], [0, asked]);
});

test("AR-11 out of a POST every redirect is 303", async () => {
  const visitor = site().visitor();
  await visitor.signIn(op);
  const left = await visitor.post("/auth/logout");
  assert.equal(left.status, 303);
  assert.ok((left.headers.get("location") ?? "").startsWith(op.issuer));
});

test("S-49 HD-01 whatever sets a cookie or shows a user is not stored by caches", async () => {
  const here = site();
  const visitor = here.visitor();
  const answers = [
    await visitor.get("/auth/login"),
    await visitor.signIn(op),
    await visitor.get("/auth/session"),
    await visitor.get("/auth/logout"),
    await visitor.get("/auth/callback?state=x"),
    await visitor.post("/auth/logout"),
  ];
  for (const answer of answers) assert.equal(answer.headers.get("cache-control"), "no-store", answer.url);
});
