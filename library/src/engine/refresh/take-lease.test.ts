/** Who may show a refresh token: leases, how long they stand, and processes that come too late with theirs. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { scriptedProvider } from "../../../test-support/refresh/scripted-provider.ts";
import type { SessionStore } from "../../contracts.ts";
import { parseBody } from "../../core/record.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";

let world: RefreshWorld;
afterEach(() => world.close());

for (const [timeout, length] of [
  [undefined, 18_750],
  [10_000, 12_500],
  [4_000, 5_000],
  [1_000, 2_000],
] as const) {
  test(`F-46 RF-03 if a refresh may take ${timeout ?? "as long as usual"}, its lease is ${length} ms`, async () => {
    const { refreshTimeout: _, ...provider } = scriptedProvider();
    world = refreshWorld(1, { provider: { ...provider, ...(timeout === undefined ? {} : { refreshTimeout: timeout }) } });
    const cookie = await world.signIn();
    world.clock.advance(LIFETIME);
    world.coordinator().refreshAhead(await world.rowOf(cookie));
    await world.quiet();
    const { lease } = await world.rowOf(cookie);
    provider.calls[0]?.answer(world.refreshed(1));
    await world.quiet();
    assert.match(lease ?? "", new RegExp(`^[\\w-]{16}\\.${length}\\.first$`));
    assert.equal(provider.calls.length, 1);
  });
}

/** What a store does with the first lease that is written to it. */
function atFirstLease(inner: SessionStore, act: (done: ReturnType<SessionStore["put"]>) => ReturnType<SessionStore["put"]>) {
  let first = true;
  return overStore(inner, {
    put(row, condition) {
      const done = inner.put(row, condition);
      if (row.lease === null || !first) return done;
      first = false;
      return act(done);
    },
  });
}

test("F-46 RF-03 a lease that took so long to write that another may take it over soon is not used", async () => {
  const gate = Promise.withResolvers<void>();
  world = refreshWorld(1, { store: atFirstLease(memory(), (done) => gate.promise.then(() => done)) });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  world.coordinator().refreshAhead(await world.rowOf(cookie));
  await world.quiet();
  await world.pass(2_500);
  gate.resolve();
  await world.pass(12_000);
  assert.equal(world.provider.calls.length, 0);
  await world.pass(2_000);
  assert.equal(world.provider.calls.length, 1, "it ran out, and was taken over");
  assert.match((await world.rowOf(cookie)).lease ?? "", /\.unknown$/);
});

test("F-46 RF-03 a holder of a lease whose turn comes with hardly any time left does not send the token", async () => {
  const lost = (): never => {
    throw new Error("its answer is lost");
  };
  world = refreshWorld(1, { store: atFirstLease(memory(), lost) });
  const cookie = await world.signIn();
  const others = await Promise.all(Array.from({ length: 40 }, (_, n) => world.signIn({ refreshToken: `other-${n}` })));
  const row = await world.rowOf(cookie);
  const sent = (): boolean => world.provider.calls.some(({ tokens: { refreshToken } }) => refreshToken === "refresh-0");
  // A resource refused its token, so it is looked at before its turn comes.
  const joined = world.coordinator().join(row, "access-0");
  joined.catch(() => undefined);
  await world.quiet();
  assert.notEqual((await world.rowOf(cookie)).lease, null);
  for (const other of others)
    world
      .coordinator()
      .join(await world.rowOf(other), "access-0")
      .catch(() => undefined);
  await world.quiet();
  await world.pass(50, 50);
  assert.equal(sent(), false, "it waits its turn");
  // The process is stopped for longer than the token may be sent.
  await world.pass(2_600, 2_600);
  assert.ok(world.provider.calls.length > 30, "the others go on");
  await world.pass(9_000);
  assert.equal(sent(), false, "its lease stands");
  await world.pass(5_000);
  assert.equal(sent(), true, "its lease ran out");
});

test("F-46 who is about to give a token up, and meets another's write, looks again", async () => {
  const inner = memory();
  let refuses = false;
  const store = overStore(inner, {
    put(row, condition) {
      if (!refuses || parseBody(row).renewal?.lost !== true) return inner.put(row, condition);
      refuses = false;
      return false;
    },
  });
  world = refreshWorld(1, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const row = await world.rowOf(cookie);
  assert.ok(await store.put({ ...row, version: row.version + 1, lease: "holder.1000.unknown" }, row.version));
  refuses = true;
  const joined = world.coordinator().join(await world.rowOf(cookie));
  await world.pass(4_000);
  assert.deepEqual(await joined, { kind: "unavailable", retryAfter: 1_000, answered: true });
  assert.deepEqual([refuses, parseBody(await world.rowOf(cookie)).renewal?.lost, world.provider.calls.length], [false, true, 0]);
});
