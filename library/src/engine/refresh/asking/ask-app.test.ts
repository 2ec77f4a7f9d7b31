/** The app's say at a refresh: once for all replicas, and no failure of it costs what the provider gave. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../../test-support/auth.ts";
import { LIFETIME, refreshWorld } from "../../../../test-support/refresh/refresh-world.ts";
import type { JsonObject, RefreshedSignIn, SignInAnswer } from "../../../contracts.ts";
import { CoatcheckError, unavailable } from "../../../core/errors.ts";
import { parseBody } from "../../../core/record.ts";
import { memory } from "../../../stores/memory.ts";

const OWNER = "https://provider.test alice";

/** Replicas whose app answers as the test says at the moment, and whom it was asked about. */
function askingWorld(answer: (refreshed: RefreshedSignIn) => SignInAnswer | Promise<SignInAnswer>, replicas = 1) {
  const asked: RefreshedSignIn[] = [];
  const app = { answer };
  const world = refreshWorld(replicas, {
    onRefresh(refreshed) {
      asked.push(refreshed);
      return app.answer(refreshed);
    },
  });
  let given = 0;
  /** From now on the provider refreshes, and says these claims. */
  const provides = (claims: JsonObject | null): void =>
    world.provider.always(() => {
      given += 1;
      return { ...world.refreshed(given), claims };
    });
  return { ...world, asked, app, provides };
}

test("S-43 S-54 at a refresh the app is asked once over replicas, and its claims replace those of before", async () => {
  const world = askingWorld(() => ({ claims: { roles: ["editor"] } }), 3);
  const cookie = await world.signIn();
  world.provides({ name: "Alice L." });
  world.clock.advance(LIFETIME);
  const answers = Promise.all(world.replicas.map(({ ask }) => ask(cookie)));
  await world.pass(5_000);
  for (const { exchange, decision } of await answers) {
    assert.equal(decision.kind, "proceed");
    assert.deepEqual(exchange.session.identity?.claims, { name: "Alice L.", roles: ["editor"] });
  }
  assert.equal(world.provider.calls.length, 1);
  assert.equal(world.asked.length, 1);
  const [refreshed = assert.fail()] = world.asked;
  const { identity, tokens, provider, owner, sessionId } = refreshed;
  assert.deepEqual([identity.claims, tokens.accessToken, provider, owner], [{ name: "Alice L." }, "access-1", "default", OWNER]);
  assert.equal(sessionId, (await world.rowOf(cookie)).id);

  world.app.answer = ({ identity: said }) => ({ claims: { before: said.claims } });
  world.provides(null);
  world.clock.advance(LIFETIME);
  const { exchange } = await world.replica().ask(cookie);
  assert.deepEqual(
    exchange.session.identity?.claims,
    { name: "Alice L.", before: { name: "Alice L." } },
    "no role is left of before",
  );
  await world.close();
});

test("S-43 a user who is blocked since is out at the next refresh, on every replica, with an event", async () => {
  for (const [answer, reason] of [
    [{ blocked: true, reason: "Suspended." }, "blocked"],
    [null, "unknown"],
  ] as const) {
    const world = askingWorld(() => answer, 2);
    const cookie = await world.signIn();
    world.provides(null);
    world.clock.advance(LIFETIME);
    const { decision, exchange } = await world.replica(0).ask(cookie);
    assert.deepEqual([decision.kind, exchange.ended], ["refuse", "admin"]);
    assert.equal((await world.replica(1).ask(cookie)).exchange.ended, "admin");
    const [refused] = world.told("session.refused", 0).filter(({ level }) => level === "warn");
    assert.deepEqual(
      [refused?.reason, refused?.code, refused?.owner, refused?.provider],
      [reason, "ERR_FORBIDDEN", OWNER, "default"],
    );
    assert.equal(world.told("session.ended", 0)[0]?.reason, "admin");
    await world.quiet();
    assert.deepEqual(world.provider.revoked, ["refresh-1"], "the tokens of now");
    await world.close();
  }
});

test("S-54 whom the app calls by another name since is another user: the session ends", async () => {
  const world = askingWorld(() => ({ owner: "user-42" }));
  const cookie = await world.signIn();
  world.provides(null);
  world.clock.advance(LIFETIME);
  assert.equal((await world.replica().ask(cookie)).exchange.ended, "identity-changed");
  await world.close();
});

test("S-56 a failure of the app at a refresh is 503 or 500, and costs neither the session nor a token", async () => {
  const failures = [
    [() => unavailable(new Error("the database is away")), "ERR_STORE_UNAVAILABLE"],
    [() => assert.fail("a bug"), "ERR_APP_HOOK"],
    [() => Promise.reject(new CoatcheckError("ERR_FORBIDDEN")), "ERR_APP_HOOK"],
  ] as const;
  for (const [fails, code] of failures) {
    const world = askingWorld(fails, 2);
    const cookie = await world.signIn();
    world.provides({ name: "Alice L." });
    world.clock.advance(LIFETIME);
    for (const at of [0, 1]) {
      const { decision } = await world.replica(at).ask(cookie);
      assert.deepEqual([decision.kind, "code" in decision ? decision.code : null], ["unavailable", code]);
      await assert.rejects(world.coordinator(at).accessToken(await world.rowOf(cookie)), { code });
    }
    assert.equal(world.asked.length, 1, "others wait for its pause");
    const [failed] = world.told("refresh.failed", 0);
    assert.deepEqual([failed?.level, failed?.reason, failed?.code], ["error", "app", code]);

    world.app.answer = () => ({});
    world.clock.advance(5_000);
    const { decision, exchange } = await world.replica(1).ask(cookie);
    assert.equal(decision.kind, "proceed");
    assert.deepEqual(exchange.session.identity?.claims, { name: "Alice L." });
    assert.equal(await exchange.session.accessToken(), "access-1");
    assert.equal(world.provider.calls.length, 1, "what it gave was kept");
    await world.close();
  }
});

test("S-56 an app that never answers at a refresh is an outage after five seconds", async () => {
  const world = askingWorld(() => new Promise(() => undefined));
  const cookie = await world.signIn();
  world.provides(null);
  world.clock.advance(LIFETIME);
  const waiting = world.replica().ask(cookie);
  await world.pass(6_000);
  const { decision } = await waiting;
  assert.deepEqual([decision.kind, "code" in decision ? decision.code : null], ["unavailable", "ERR_STORE_UNAVAILABLE"]);
  await world.close();
});

test("S-54 a refresh ahead of the end asks too, and who is let go on notices nothing", async () => {
  const world = askingWorld(() => ({}));
  const cookie = await world.signIn();
  world.provides(null);
  world.clock.advance(LIFETIME - 10_000);
  assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
  await world.quiet();
  assert.equal(world.asked.length, 1);
  const row = await world.rowOf(cookie);
  assert.deepEqual([parseBody(row).asking, row.lease, row.tokenExpires], [undefined, null, world.clock.now() + LIFETIME]);
  await world.close();
});

test("S-54 a token for an API waits for the app's say about the refresh before it", async () => {
  const { promise, resolve } = Promise.withResolvers<SignInAnswer>();
  const world = askingWorld(() => promise);
  const granted = { kind: "granted", accessToken: "api-1", expires: world.clock.now() + 2 * LIFETIME, refreshToken: null };
  let gave = 0;
  Object.assign(world.provider, {
    tokenFor: async () => {
      gave += 1;
      return granted;
    },
  });
  const cookie = await world.signIn();
  world.provides(null);
  world.clock.advance(LIFETIME - 10_000);
  const { exchange } = await world.replica().ask(cookie);
  await world.quiet();
  const token = exchange.session.accessToken({ audience: "https://api.example.com" });
  await world.quiet();
  assert.deepEqual([world.asked.length, gave], [1, 0]);
  resolve({});
  await world.pass(500);
  assert.equal(await token, "api-1");
  await world.close();
});

test("S-54 tokens about which nobody asks any more are refreshed as usual", async () => {
  const store = memory();
  const away = refreshWorld(1, { store, onRefresh: () => unavailable(new Error("away")) });
  const cookie = await away.signIn();
  away.provider.always(() => away.refreshed(1));
  away.clock.advance(LIFETIME);
  assert.equal((await away.replica().ask(cookie)).decision.kind, "unavailable");
  const without = refreshWorld(1, { store }, away.clock);
  without.provider.always(() => without.refreshed(2));
  without.clock.advance(10_000);
  const { decision } = await without.replica().ask(cookie);
  assert.equal(decision.kind, "proceed");
  assert.deepEqual(
    without.provider.calls.map(({ tokens }) => tokens.refreshToken),
    ["refresh-1"],
  );
  assert.equal(parseBody(await without.rowOf(cookie)).asking, undefined);
  await Promise.all([without.close(), away.close()]);
});

test("S-54 onRefresh where nothing is refreshed stops the start", () => {
  assert.throws(() => authWith({ refresh: { policy: "never" }, onRefresh: () => ({}) }), /no refresh would ask it/);
});
