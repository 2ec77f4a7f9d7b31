/** Time, replicas and answers of the world in which tests refresh. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "./refresh-world.ts";

let world: RefreshWorld;
afterEach(() => world.close());

test("replicas share their store, are found by place, and one that is not there fails", async () => {
  world = refreshWorld(2);
  const cookie = await world.signIn();
  assert.equal((await world.replica(1).ask(cookie)).decision.kind, "proceed");
  assert.deepEqual([world.told("session.created").length, world.told("session.created", 1).length], [1, 0]);
  assert.notEqual(world.coordinator(0), world.coordinator(1));
  assert.throws(() => world.replica(2), /no replica 2/);
  await assert.rejects(world.rowOf("coatcheck=none.secret"), /no row/);
});

test("time passes in steps, the last as short as it has to be", async () => {
  world = refreshWorld();
  const woken: number[] = [];
  const start = world.clock.monotonic();
  const sleeping = (async (): Promise<void> => {
    for (let nap = 0; nap < 3; nap += 1) {
      await world.clock.sleep(1);
      woken.push(world.clock.monotonic() - start);
    }
  })();
  await world.pass(1_200);
  await sleeping;
  assert.deepEqual(woken, [500, 1_000, 1_200]);
});

test("refreshed tokens live from now on, if the test says nothing else", () => {
  world = refreshWorld();
  world.clock.advance(7);
  const expires = world.clock.now() + LIFETIME;
  const tokens = { accessToken: "access-3", refreshToken: "refresh-3", idToken: null, scope: null, expires };
  assert.deepEqual(world.refreshed(3), { kind: "refreshed", tokens, claims: null });
  const kept = world.refreshed(3, { refreshToken: "refresh-0" });
  assert.deepEqual(kept, { kind: "refreshed", tokens: { ...tokens, refreshToken: "refresh-0" }, claims: null });
});
