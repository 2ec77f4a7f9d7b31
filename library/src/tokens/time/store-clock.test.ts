import assert from "node:assert/strict";
import { test } from "node:test";
import type { MaybePromise } from "../../contracts.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { storeClock } from "./store-clock.ts";

/** A process whose clock is so far behind that of its store; what it told, and how often it asked. */
function replica(behind: number, answer: (now: number) => MaybePromise<number> = (now) => now) {
  const clock = manualClock();
  const told: unknown[] = [];
  const asked = { times: 0 };
  const now = () => {
    asked.times += 1;
    return answer(clock.now() + behind);
  };
  const store = storeClock(clock, { now }, ({ name, reason, count }) => told.push([name, reason, count]));
  return { clock, told, asked, store };
}

const off = ({ store, clock }: ReturnType<typeof replica>): number => store.now() - clock.now();

test("S-39 the first that is done waits until the clock is set, and goes by the store's time", async () => {
  for (const behind of [300_000, -300_000]) {
    const here = replica(behind);
    const seen = await here.store.whenSet(() => off(here));
    assert.deepEqual([seen, here.told], [behind, [["clock.off", behind > 0 ? "behind" : "ahead", 300]]]);
  }
});

test("S-39 it is asked once for all who wait, not again for a minute, and nobody waits for that", async () => {
  const here = replica(60_000);
  await Promise.all([here.store.whenSet(() => 1), here.store.whenSet(() => 2)]);
  here.clock.advance(59_999);
  assert.deepEqual([here.store.whenSet(() => "at once"), here.asked.times], ["at once", 1]);
  here.clock.advance(1);
  assert.deepEqual([here.store.whenSet(() => "at once"), here.asked.times, here.told.length], ["at once", 2, 1]);
});

test("S-39 a few seconds are nobody's concern; past an hour it is told, and not followed", async () => {
  const near = replica(29_999);
  await near.store.whenSet(() => 0);
  assert.deepEqual([off(near), near.told], [29_999, []]);
  const far = replica(3_600_001);
  await far.store.whenSet(() => 0);
  assert.deepEqual([off(far), far.told.length], [0, 1]);
});

test("S-39 S-05 a store that does not answer leaves the clock as it was set, and holds up nothing", async () => {
  let up = true;
  const here = replica(120_000, (now) => (up ? now : Promise.reject(new Error("away"))));
  await here.store.whenSet(() => 0);
  up = false;
  here.clock.advance(120_000);
  assert.equal(await here.store.whenSet(() => off(here)), 120_000);
  const never = replica(120_000, () => Promise.reject(new Error("away")));
  assert.equal(await never.store.whenSet(() => off(never)), 0);
});

test("S-39 of a store without a clock the own one is taken, at once", () => {
  const clock = manualClock();
  const store = storeClock(clock, {}, () => assert.fail("nothing is told"));
  assert.equal(
    store.whenSet(() => store.now()),
    clock.now(),
  );
});
