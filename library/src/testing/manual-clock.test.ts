import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock } from "./manual-clock.ts";

test("a manual clock stands still, and moves both clocks when told", () => {
  const clock = manualClock(1_000);
  assert.deepEqual([clock.now(), clock.monotonic()], [1_000, 0]);
  clock.advance(250);
  assert.deepEqual([clock.now(), clock.monotonic()], [1_250, 250]);
  clock.setNow(7);
  assert.deepEqual([clock.now(), clock.monotonic()], [7, 250]);
  for (const ms of [-1, Number.NaN]) assert.throws(() => clock.advance(ms), TypeError);
});

test("sleepers wake in the order in which they are due, and not before", async () => {
  const clock = manualClock();
  const woken: string[] = [];
  const sleepers = [
    clock.sleep(30).then(() => woken.push("c")),
    clock.sleep(10).then(() => woken.push("a")),
    clock.sleep(10).then(() => woken.push("b")),
  ];
  clock.advance(9);
  await Promise.resolve();
  assert.deepEqual([woken, clock.sleeping], [[], 3]);
  clock.advance(100);
  await Promise.all(sleepers);
  assert.deepEqual([woken, clock.sleeping], [["a", "b", "c"], 0]);
  await clock.sleep(0);
});

test("a sleeper that is aborted rejects with the signal's reason and is forgotten", async () => {
  const clock = manualClock();
  const control = new AbortController();
  const reason = new Error("enough");
  const sleep = clock.sleep(5, control.signal);
  control.abort(reason);
  await assert.rejects(sleep, reason);
  assert.equal(clock.sleeping, 0);
  await assert.rejects(clock.sleep(5, control.signal), reason);
});
