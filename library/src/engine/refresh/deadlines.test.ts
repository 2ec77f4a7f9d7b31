import assert from "node:assert/strict";
import { test } from "node:test";
import { array, asyncProperty, assert as check, constantFrom, integer, oneof, record } from "fast-check";
import { turns } from "../../../test-support/event-loop.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import type { Deadline } from "./deadlines.ts";
import { Deadlines } from "./deadlines.ts";

/** Deadlines at a clock that is moved by hand, and which of them were called, with the time. */
function line() {
  const clock = manualClock();
  const deadlines = new Deadlines(clock);
  const called: string[] = [];
  const add = (name: string, at: number) => {
    const one = {
      at,
      over: false,
      expire: () => {
        called.push(`${name} at ${clock.monotonic()}`);
        end();
      },
    };
    const end = (): void => {
      if (one.over) return;
      one.over = true;
      deadlines.remove();
    };
    deadlines.add(one satisfies Deadline);
    return { end };
  };
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await turns();
  };
  return { clock, called, add, advance };
}

test("F-71 each is called at its time, whichever was added first, and with one timer for all", async () => {
  const { clock, called, add, advance } = line();
  add("second", 200);
  add("third", 300);
  add("first", 100);
  assert.equal(clock.sleeping, 1);
  await advance(99);
  assert.deepEqual(called, []);
  await advance(1);
  assert.deepEqual(called, ["first at 100"]);
  await advance(250);
  assert.deepEqual(called, ["first at 100", "second at 350", "third at 350"]);
  assert.equal(clock.sleeping, 0);
});

test("F-71 those of one time are called in the order in which they came, between those before and after it", async () => {
  const { called, add, advance } = line();
  for (const [name, at] of Object.entries({ a: 100, d: 300, e: 400, b: 200, c: 200 })) add(name, at);
  for (let time = 100; time <= 400; time += 100) await advance(100);
  assert.deepEqual(called, ["a at 100", "b at 200", "c at 200", "d at 300", "e at 400"]);
});

test("F-71 what is over is called no more, and with the last of them the timer goes", async () => {
  const { clock, called, add, advance } = line();
  const early = add("early", 100);
  const late = add("late", 200);
  early.end();
  await advance(150);
  assert.deepEqual(called, []);
  assert.equal(clock.sleeping, 1);
  late.end();
  await advance(0);
  assert.equal(clock.sleeping, 0);
  await advance(100);
  assert.deepEqual(called, []);
});

test("F-71 one whose time is past when it is added is called soon, and not at once", async () => {
  const { called, add, advance } = line();
  await advance(50);
  add("past", 20);
  assert.deepEqual(called, []);
  await advance(0);
  assert.deepEqual(called, ["past at 50"]);
});

test("F-71 a timer that wakes a little early, however often, is no reason to sleep for ever", async () => {
  let slept = 0;
  const clock = {
    // A sum of rounded times stops short of what was meant.
    monotonic: () => (slept === 0 ? 0 : 99.999_999_999),
    sleep: async (): Promise<void> => {
      slept += 1;
      assert.ok(slept < 10, "it sleeps again and again");
    },
  };
  const deadlines = new Deadlines(clock);
  const { promise, resolve } = Promise.withResolvers<void>();
  deadlines.add({ at: 100, over: false, expire: resolve });
  await promise;
  assert.equal(slept, 1);
});

test("F-71 while one is called others may be added and be over", async () => {
  const clock = manualClock();
  const deadlines = new Deadlines(clock);
  const called: string[] = [];
  const end = (one: { over: boolean }): void => {
    one.over = true;
    deadlines.remove();
  };
  const sibling = { at: 100, over: false, expire: (): void => void called.push("sibling") };
  const later = {
    at: 150,
    over: false,
    expire(): void {
      called.push("later");
      end(later);
    },
  };
  const first = {
    at: 100,
    over: false,
    expire(): void {
      called.push("first");
      end(first);
      end(sibling);
      deadlines.add(later);
    },
  };
  deadlines.add(first);
  deadlines.add(sibling);
  for (const ms of [100, 50]) {
    clock.advance(ms);
    await turns();
  }
  assert.deepEqual(called, ["first", "later"]);
  assert.equal(clock.sleeping, 0);
});

/**
 * So many that wait for one time, of which these end before it. Answers which of the ended ones were still in line
 * then, and which were called.
 */
async function crowd(count: number, ended: number) {
  const clock = manualClock();
  const deadlines = new Deadlines(clock);
  const looked = new Set<number>();
  const called: number[] = [];
  const all = Array.from({ length: count }, (_, index) => {
    let over = false;
    return {
      at: 1_000,
      get over() {
        looked.add(index);
        return over;
      },
      end(): void {
        over = true;
        deadlines.remove();
      },
      expire(): void {
        called.push(index);
        this.end();
      },
    };
  });
  for (const one of all) deadlines.add(one);
  for (const one of all.slice(0, ended)) one.end();
  looked.clear();
  clock.advance(1_000);
  await turns();
  assert.deepEqual(
    called,
    Array.from({ length: count - ended }, (_, index) => ended + index),
  );
  assert.equal(clock.sleeping, 0);
  return [...looked].filter((index) => index < ended);
}

test("F-71 of a crowd of which more than half are over those are dropped; of a few they are not looked for", async () => {
  assert.deepEqual(await crowd(100, 51), [], "none is kept");
  assert.equal((await crowd(100, 50)).length, 50, "half of them");
  assert.deepEqual(await crowd(65, 33), [], "none is kept");
  assert.equal((await crowd(64, 40)).length, 40, "few");
});

/** A clock whose sleeps end when they are told to, also those that were aborted. */
function restlessClock() {
  const wakes: (() => void)[] = [];
  const clock = {
    time: 0,
    monotonic: () => clock.time,
    sleep: (ms: number) => {
      slept.push(ms);
      return new Promise<void>((resolve) => wakes.push(resolve));
    },
  };
  const slept: number[] = [];
  const wake = async (which: number, time: number): Promise<void> => {
    clock.time = time;
    wakes[which]?.();
    await turns();
  };
  return { clock, slept, wake };
}

test("F-71 a timer that wakes too early calls nothing, and sleeps for what is left", async () => {
  const { clock, slept, wake } = restlessClock();
  const deadlines = new Deadlines(clock);
  const called: number[] = [];
  const one = { at: 100, over: false, expire: (): void => void called.push(clock.time) };
  deadlines.add(one);
  // More than the millisecond by which timers are early.
  await wake(0, 98.5);
  assert.deepEqual([called, slept], [[], [100, 1.5]]);
  await wake(1, 100);
  assert.deepEqual(called, [100]);
});

test("F-71 of those that were all over before another came none is kept, and two of one time share a sleep", async () => {
  const { clock, slept, wake } = restlessClock();
  const deadlines = new Deadlines(clock);
  let looked = false;
  const over = {
    at: 100,
    get over() {
      looked = true;
      return true;
    },
    expire: () => assert.fail("it is over"),
  };
  deadlines.add(over);
  deadlines.remove();
  let called = 0;
  for (const at of [100, 100]) deadlines.add({ at, over: false, expire: () => void called++ });
  await wake(1, 100);
  assert.deepEqual([called, looked, slept], [2, false, [100, 100]]);
});

test("F-71 a timer that ends in the moment in which another took its place wakes nothing", async () => {
  const { clock, slept, wake } = restlessClock();
  const deadlines = new Deadlines(clock);
  const called: string[] = [];
  const add = (name: string, at: number): void => {
    deadlines.add({ at, over: false, expire: () => called.push(name) });
  };
  add("late", 100);
  add("early", 50);
  await wake(0, 20);
  assert.deepEqual(slept, [100, 50], "the second sleeps on, and no third");
  await wake(1, 50);
  assert.deepEqual([called, slept], [["early"], [100, 50, 50]]);
});

test("F-71 in whatever order: what is not over by its time is called once, and nothing sleeps in the end", async () => {
  const step = oneof(
    record({ kind: constantFrom("add" as const), in: integer({ min: 0, max: 300 }) }),
    record({ kind: constantFrom("end" as const), which: integer({ min: 0, max: 400 }) }),
    record({ kind: constantFrom("pass" as const), ms: integer({ min: 0, max: 40 }) }),
  );
  await check(
    asyncProperty(array(step, { maxLength: 400 }), async (steps) => {
      const { clock, called, add, advance } = line();
      const all: { readonly at: number; readonly end: () => void; endedAt: number }[] = [];
      for (const one of steps) {
        const now = clock.monotonic();
        if (one.kind === "add")
          all.push({ at: now + one.in, ...add(String(all.length), now + one.in), endedAt: Number.POSITIVE_INFINITY });
        else if (one.kind === "pass") await advance(one.ms);
        else {
          const chosen = all[one.which % Math.max(1, all.length)];
          chosen?.end();
          if (chosen !== undefined) chosen.endedAt = Math.min(chosen.endedAt, now);
        }
        assert.ok(clock.sleeping <= 1);
      }
      await advance(1_000);
      const names = called.map((text) => text.split(" ")[0]);
      assert.equal(new Set(names).size, names.length);
      for (const [index, { at, endedAt }] of all.entries()) {
        // One that is over in the moment of its time may have been called or not.
        if (endedAt !== at) assert.equal(names.includes(String(index)), endedAt > at, `${index} of ${called.join(", ")}`);
      }
      assert.equal(clock.sleeping, 0);
    }),
    { numRuns: 100 },
  );
});
