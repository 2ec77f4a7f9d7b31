import assert from "node:assert/strict";
import { test } from "node:test";
import { leaseText } from "../../core/refresh.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { LeaseWatch } from "./lease-watch.ts";

const lease = (name: string, length: number): string => leaseText(name, { length, unknown: false });

test("F-46 a lease has expired when it stood its whole length between two readings, and not before", () => {
  const clock = manualClock();
  const watch = new LeaseWatch(clock);
  const theirs = lease("theirs", 1_000);
  assert.equal(watch.judge(null, clock.monotonic()), "free");
  assert.equal(watch.judge(theirs, clock.monotonic()), "stands", "at first sight nobody knows for how long");
  clock.advance(999);
  assert.equal(watch.judge(theirs, clock.monotonic()), "stands");
  clock.advance(1);
  assert.equal(watch.judge(theirs, clock.monotonic() - 1), "stands", "the reading began before");
  assert.equal(watch.judge(theirs, clock.monotonic()), "ran-out");
  assert.equal(watch.judge(lease("another", 1_000), clock.monotonic()), "stands");
});

test("F-46 a lease of our own is ours until the margin is over", () => {
  const clock = manualClock();
  const watch = new LeaseWatch(clock);
  const ours = lease("ours", 1_000);
  assert.equal(watch.inTime(), false);
  watch.asked(ours, 250);
  clock.advance(249);
  assert.deepEqual([watch.inTime(), watch.judge(ours, clock.monotonic())], [true, "ours"]);
  clock.advance(1);
  assert.deepEqual([watch.inTime(), watch.judge(ours, clock.monotonic())], [false, "stands"]);
});

test("F-46 the next look comes after half to all of the pause, no later than the lease can have run out", () => {
  const clock = manualClock();
  const watch = new LeaseWatch(clock);
  assert.equal(watch.pause(200, 0.5), 0, "nothing is watched");
  watch.judge(lease("theirs", 1_000), clock.monotonic());
  assert.deepEqual([watch.pause(200, 0), watch.pause(200, 0.5), watch.pause(200, 1)], [100, 150, 200]);
  clock.advance(950);
  assert.equal(watch.pause(200, 0.5), 50);
  clock.advance(49);
  assert.equal(watch.pause(200, 0.5), 1);
  clock.advance(1);
  assert.equal(watch.pause(200, 0.5), 0);
  clock.advance(10);
  assert.equal(watch.pause(200, 0.5), 0);
});
