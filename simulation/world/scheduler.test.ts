import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "./random.ts";
import { type Place, Scheduler } from "./scheduler.ts";

function at(scheduler: Scheduler, delay: number, run: () => void, place: Place | null = null) {
  return scheduler.after(delay, { place, actor: "an actor", tell: () => "does something", run, wakes: false });
}

function runAll(scheduler: Scheduler, until: number): void {
  for (let next = scheduler.next(until); next !== undefined; next = scheduler.next(until)) next.run();
}

test("things happen in the order of their times, those of one time in the order in which they were wanted", () => {
  const scheduler = new Scheduler();
  const random = new Random(7);
  const times = Array.from({ length: 500 }, () => random.below(50));
  const happened: [number, number][] = [];
  times.forEach((time, index) => {
    at(scheduler, time, () => happened.push([time, index]));
  });
  runAll(scheduler, 100);
  assert.deepEqual(
    happened,
    times.map((time, index): [number, number] => [time, index]).toSorted(([one, a], [other, b]) => one - other || a - b),
  );
  assert.equal(scheduler.steps, 500);
});

test("nothing happens after the given time, nor what was called off", () => {
  const scheduler = new Scheduler();
  const happened: string[] = [];
  at(scheduler, 5, () => happened.push("early"));
  at(scheduler, 50, () => happened.push("late"));
  const cancel = at(scheduler, 6, () => happened.push("never"));
  cancel();
  runAll(scheduler, 20);
  assert.deepEqual(happened, ["early"]);
  assert.equal(scheduler.now, 5);
});

test("what is due in a stopped process waits until it goes on; in a dead one it never happens", () => {
  const scheduler = new Scheduler();
  const process = { name: "a1", state: "stopped" as Place["state"] };
  const happened: string[] = [];
  at(scheduler, 1, () => happened.push("timer"), process);
  at(scheduler, 2, () => happened.push("answer"), process);
  at(scheduler, 3, () => happened.push("elsewhere"));
  runAll(scheduler, 10);
  assert.deepEqual(happened, ["elsewhere"]);
  process.state = "running";
  scheduler.resume(process);
  runAll(scheduler, 10);
  assert.deepEqual(happened, ["elsewhere", "timer", "answer"]);
  at(scheduler, 1, () => happened.push("too late"), process);
  process.state = "dead";
  runAll(scheduler, 20);
  assert.equal(happened.length, 3);
});

test("chances come again with their seed, and are spread evenly", () => {
  const draw = (seed: number) => Array.from({ length: 10_000 }, (_, index) => Random.of(seed, index).unit());
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  const mean = draw(5).reduce((sum, one) => sum + one, 0) / 10_000;
  assert.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`);
});
