import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock } from "../../testing/manual-clock.ts";
import { Pace } from "./pace.ts";

const LIMITS = { interval: 5, share: 0.2, least: 2, most: 8 };

/** A process in which everything else takes a part of the processor, and each refresh so many milliseconds of it. */
function processOf({ others, cost }: { others: number; cost: number }) {
  const manual = manualClock();
  let used = 0;
  let load = others;
  const pace = new Pace(LIMITS, { monotonic: () => manual.monotonic(), cpu: () => used });
  const pass = (milliseconds: number): void => {
    manual.advance(milliseconds);
    used += milliseconds * load;
  };
  return {
    pass,
    becomes: (part: number) => {
      load = part;
    },
    /** So many begin, each as soon as it may; the interval in the end. */
    storm(count: number): number {
      let interval = 0;
      for (let begun = 0; begun < count; begun += 1) {
        interval = pace.begin();
        used += cost;
        pass(Math.ceil(interval));
      }
      return interval;
    },
  };
}

test("F-71 refreshes keep the distance at which they take their share of the processor, whatever else runs", () => {
  for (const others of [0, 0.3, 0.7]) {
    const running = processOf({ others, cost: 0.8 });
    running.pass(10_000);
    assert.ok(Math.abs(running.storm(500) - 4) < 0.2, `others ${others}`);
    running.pass(60_000);
    assert.ok(Math.abs(running.storm(500) - 4) < 0.2, "and in the next storm");
  }
});

test("F-71 costly refreshes are slower, cheap ones quicker, bounded: none starves, no provider is flooded", () => {
  const gapOf = (cost: number): number => {
    const running = processOf({ others: 0.1, cost });
    running.pass(10_000);
    return running.storm(1_000);
  };
  assert.equal(gapOf(0.1), 2);
  assert.ok(Math.abs(gapOf(1.2) - 6) < 0.2);
  assert.equal(gapOf(50), 8);
});

test("F-71 when everything else becomes more in the middle of a storm, refreshes make room", () => {
  const running = processOf({ others: 0.1, cost: 0.5 });
  running.pass(10_000);
  assert.ok(running.storm(500) < 3);
  running.becomes(0.9);
  assert.equal(running.storm(500), 8);
});

test("F-71 single refreshes say nothing: the distance stays as it was", () => {
  const running = processOf({ others: 0.5, cost: 40 });
  for (let count = 0; count < 50; count += 1) {
    assert.ok(running.storm(1) === 5);
    running.pass(1_000);
  }
});

test("F-71 if the clock reads no processor time the distance is fixed", () => {
  const manual = manualClock();
  const pace = new Pace(LIMITS, manual);
  for (let begun = 0; begun < 500; begun += 1) {
    assert.equal(pace.begin(), 5);
    manual.advance(5);
  }
});

test("F-46 few refreshes in a calm time cost nothing yet: all processor time counts as everything else's", () => {
  const manual = manualClock();
  let used = 0;
  const pace = new Pace(LIMITS, { monotonic: () => manual.monotonic(), cpu: () => used });
  const pass = (milliseconds: number, takes: number): void => {
    manual.advance(milliseconds);
    used += takes;
  };
  const begin = (count: number): readonly number[] => Array.from({ length: count }, () => pace.begin());
  begin(2);
  pass(250, 2);
  assert.deepEqual(begin(10), Array(10).fill(5), "two in a quarter of a second say nothing");
  pass(249, 0);
  assert.deepEqual(begin(0), []);
  pass(1, 12);
  // Twelve milliseconds less the two of a calm quarter, for ten of them: one each, of which a fifth of a processor
  // takes five.
  assert.deepEqual(begin(1), [5]);
  begin(9);
  pass(250, 2 + 10 * 1.2);
  // A quarter of the way to 1.2.
  const [interval = 0] = begin(1);
  assert.ok(Math.abs(interval - 5.25) < 1e-9, String(interval));
});

test("F-46 a window in which neither few nor enough begin changes nothing", () => {
  const manual = manualClock();
  let used = 0;
  const pace = new Pace(LIMITS, { monotonic: () => manual.monotonic(), cpu: () => used });
  for (let begun = 0; begun < 9; begun += 1) pace.begin();
  manual.advance(250);
  used += 1_000;
  assert.equal(pace.begin(), 5);
});

test("F-46 a window that took less than everything else does counts as free, and no less", () => {
  const manual = manualClock();
  let used = 0;
  const pace = new Pace(LIMITS, { monotonic: () => manual.monotonic(), cpu: () => used });
  const window = (count: number, takes: number): number => {
    let interval = 0;
    for (let begun = 0; begun < count; begun += 1) interval = pace.begin();
    manual.advance(250);
    used += takes;
    return interval;
  };
  window(0, 100);
  window(10, 0);
  window(10, 140);
  // A quarter of the way from nothing to the four milliseconds above the hundred of all else.
  assert.ok(Math.abs(window(1, 0) - 5) < 1e-9);
});

test("F-46 ten that begin within a second say what one of them costs", () => {
  const manual = manualClock();
  let used = 0;
  const pace = new Pace(LIMITS, { monotonic: () => manual.monotonic(), cpu: () => used });
  for (let begun = 0; begun < 10; begun += 1) pace.begin();
  manual.advance(1_000);
  used += 10 * 1.2;
  assert.ok(Math.abs(pace.begin() - 6) < 1e-9);
});

test("F-46 what the process took before its first refresh is no cost of one", () => {
  const manual = manualClock();
  let used = 60_000;
  const pace = new Pace(LIMITS, { monotonic: () => manual.monotonic(), cpu: () => used });
  for (let begun = 0; begun < 10; begun += 1) pace.begin();
  manual.advance(250);
  used += 10 * 1.2;
  assert.ok(Math.abs(pace.begin() - 6) < 1e-9);
});
