/** What is told and done of tokens when their session ended, however it ended (F-25, LO-03). */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { engineOf, optionsOf } from "../../../test-support/engine/inside.ts";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { ISSUER, scriptedProvider, tokens } from "../../../test-support/refresh/scripted-provider.ts";
import { view } from "../../../test-support/requests.ts";
import { siteWith } from "../../../test-support/site.ts";

let world: RefreshWorld;
afterEach(() => world.close());

test("F-46 LO-03 of many sessions that end together the tokens of eight at a time are revoked, in turn", async () => {
  const asked: (() => void)[] = [];
  const revoke = (): Promise<boolean> => new Promise((resolve) => asked.push(() => resolve(true)));
  world = refreshWorld(1, { provider: { ...scriptedProvider(), revoke } });
  for (let n = 0; n < 20; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  assert.equal(await world.replica().auth.endAll({ issuer: ISSUER, subject: "alice" }), 20);
  const begun = async (): Promise<number> => {
    world.clock.advance(1_000);
    await world.quiet();
    return asked.length;
  };
  assert.equal(await begun(), 8);
  asked[0]?.();
  assert.equal(await begun(), 9);
  for (let answered = 1; answered < 20; answered++) {
    asked[answered]?.();
    assert.ok((await begun()) <= answered + 1 + 8);
  }
  assert.equal(asked.length, 20);
});

test("F-46 S-26 a login that a logout has overtaken is refused, said to have ended, and loses its tokens", async () => {
  world = refreshWorld(1);
  const replica = world.replica();
  const now = world.clock.now();
  const exchange = await engineOf(replica.auth).open(view(""));
  const identity = { issuer: ISSUER, subject: "alice", claims: {}, authenticatedAt: now, method: "oidc:default" };
  exchange.loginFromProvider({ identity, tokens: tokens(7, now + LIFETIME), sid: "sid-7", issuedAt: now }, "default");
  await exchange.ownerMarker;
  assert.equal(await replica.auth.endAll({ issuer: ISSUER, subject: "alice" }), 0);
  const { cookies, refusal } = await exchange.settle(200);
  assert.deepEqual([cookies, refusal?.code], [[], "ERR_SESSION_ENDED"]);
  await world.quiet();
  assert.deepEqual(world.provider.revoked, ["refresh-7"]);
  const told = world.told("session.ended").map(({ reason, owner }) => `${reason} ${owner}`);
  assert.deepEqual(told, [`elsewhere ${ISSUER} alice`]);
});

test("F-46 a session of a provider that is configured no more ends as every other, without a revocation", async () => {
  world = refreshWorld(1);
  const cookie = await world.signIn();
  const after = siteWith({ store: world.store, clock: world.clock, provider: scriptedProvider("another") });
  const [name = "", value = ""] = cookie.split("=");
  const left = await after.visitor(new Map([[name, value]])).post("/auth/logout");
  assert.equal(left.status, 303);
  await after.close();
  const told = after.events.map(({ name, level }) => `${level} ${name}`);
  assert.deepEqual(told, ["info session.ended", "info logout.completed"]);
});

test("F-46 a session that the app signed in itself has no tokens to revoke, and no word is said of it", async () => {
  world = refreshWorld(1);
  const replica = world.replica();
  const exchange = await engineOf(replica.auth).open(view(""));
  exchange.session.login({ issuer: ISSUER, subject: "bob" });
  await exchange.settle(200);
  assert.equal(await replica.auth.endAll({ issuer: ISSUER, subject: "bob" }), 1);
  await world.quiet();
  assert.deepEqual(world.provider.revoked, []);
  const [ended] = world.told("session.ended");
  assert.equal(ended?.owner, `${ISSUER} bob`);
  assert.ok(ended !== undefined && !("provider" in ended));
  assert.deepEqual(world.told("revocation.failed"), []);
  assert.deepEqual(world.told("background.failed"), []);
});

test("F-46 of an anonymous session the audit names no owner, no issuer and no provider", async () => {
  world = refreshWorld(1);
  const replica = world.replica();
  const exchange = await engineOf(replica.auth).open(view(""));
  exchange.session.set({ basket: 1 });
  const { cookies } = await exchange.settle(200);
  const id = /=([\w-]{22})/.exec(cookies[0] ?? "")?.[1] ?? "";
  assert.equal(await replica.auth.sessions.end(id, "admin"), true);
  const [ended] = world.told("session.ended");
  assert.equal(ended?.sessionId, id);
  assert.ok(ended !== undefined && !("owner" in ended) && !("issuer" in ended) && !("provider" in ended));
});

test("F-46 a session of a newer release ends as every other: what is unreadable is not told or revoked", async () => {
  world = refreshWorld(1);
  const replica = world.replica();
  const row = await world.rowOf(await world.signIn());
  assert.equal(await world.store.put({ ...row, version: row.version + 1, body: '{"format":2}' }, row.version), true);
  assert.equal(await replica.auth.sessions.end(row.id, "admin"), true);
  await world.quiet();
  const [ended] = world.told("session.ended");
  assert.deepEqual([ended?.owner, ended?.issuer], [`${ISSUER} alice`, ISSUER]);
  assert.ok(ended !== undefined && !("provider" in ended));
  assert.deepEqual([world.provider.revoked, world.told("revocation.failed")], [[], []]);
});

for (const [what, ended, revoked] of [
  ["with a logout", { reason: "logout" }, ["refresh-0"]],
  ["with a logout, while a newer one lives by the same grant", { reason: "logout", grantLivesOn: true }, []],
  ["with the provider's word", { reason: "provider" }, []],
  ["with a refresh token that the provider takes no more", { reason: "refresh-lost" }, []],
] as const) {
  test(`F-46 LO-03 a session that ended ${what}: its user hears at once, ${revoked.length} token is revoked`, async () => {
    world = refreshWorld(1);
    const replica = world.replica();
    const { exchange } = await replica.ask(await world.signIn());
    const { signal, id } = exchange.session;
    const row = await world.store.get(id ?? "");
    optionsOf(replica.auth).announce({ id: id ?? "", row, ...ended });
    assert.equal(signal.aborted, true);
    await world.quiet();
    assert.deepEqual(world.provider.revoked, revoked);
  });
}
