import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEvent, Clock, Entropy, Report, SessionStore } from "../../../contracts.ts";
import { memory } from "../../../stores/memory.ts";
import { manualClock } from "../../../testing/manual-clock.ts";
import { overStore } from "../../../testing/over-store.ts";
import { START, sampleRow } from "../../../testing/store-suite/rows.ts";
import { sweepPlan } from "./options.ts";
import { Sweeper } from "./sweep.ts";

/** As often as configured: no time is added or taken away. */
const EVEN = { bytes: (length: number) => new Uint8Array(length).map((_, index) => (index === 0 ? 128 : 0)) };

const sweepHourly = (
  store: SessionStore,
  clock: Clock,
  report: Report,
  signal: AbortSignal,
  idle: number,
  entropy: Entropy = EVEN,
): Promise<void> => new Sweeper({ store, clock, entropy, report, signal, idle, plan: sweepPlan() }).periodically();

/** Sweeps a store that has so many rows to delete and takes so long for each. Answers the sizes of its batches. */
async function batchesOf(rows: number, millis: number): Promise<readonly number[]> {
  const clock = manualClock(START);
  const batches: number[] = [];
  const stop = new AbortController();
  let left = rows;
  const store: SessionStore = {
    ...overStore(memory(), {}),
    sweep(limit) {
      const deleted = Math.min(left, limit);
      left -= deleted;
      batches.push(limit);
      clock.advance(Math.floor(deleted * millis));
      return deleted;
    },
  };
  const over = Promise.withResolvers<void>();
  const sweeping = sweepHourly(store, clock, () => over.resolve(), stop.signal, 3_600_000);
  clock.advance(60 * 60_000);
  let done = false;
  void over.promise.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 100_000 && !done; turn++) {
    await Promise.resolve();
    clock.advance(1);
  }
  stop.abort();
  await sweeping.catch(() => undefined);
  assert.equal(left, 0);
  return batches;
}

test("F-60 what expired is deleted in batches by how long they take: small if the store is slow", async () => {
  const slow = await batchesOf(3_000, 0.02);
  assert.equal(slow[0], 250);
  // The first may be too large, and none after that which a request would notice.
  assert.ok(Math.max(...slow.slice(2)) * 0.02 <= 5, String(slow));
  const quick = await batchesOf(20_000, 0.0005);
  assert.equal(Math.max(...quick), 1_000);
  assert.ok(quick.length < 40);
});

/**
 * A store that sweeps as much as it is asked for as often as these times say, and is surveyed in parts. Answers all it
 * was asked, and when.
 */
async function journalOf(times: readonly number[], survey?: NonNullable<SessionStore["survey"]>) {
  const clock = manualClock(START);
  const journal: string[] = [];
  const slept: number[] = [];
  const stop = new AbortController();
  const told = Promise.withResolvers<AuditEvent>();
  const left = [...times];
  const store: SessionStore = {
    ...overStore(memory(), {}),
    sweep(limit, now) {
      assert.equal(now, clock.now());
      journal.push(`sweep ${limit}`);
      const took = left.shift();
      clock.advance(took ?? 0);
      return took === undefined ? limit - 1 : limit;
    },
    ...(survey === undefined ? {} : { survey }),
  };
  const sleepy = {
    now: clock.now,
    monotonic: clock.monotonic,
    sleep(ms: number): Promise<void> {
      slept.push(ms);
      return Promise.resolve();
    },
  };
  const report = (event: AuditEvent): void => {
    told.resolve(event);
    stop.abort();
  };
  await sweepHourly(store, sleepy, report, stop.signal, 3_600_000);
  return { journal, slept, event: await told.promise };
}

test("F-46 a batch is halved past a millisecond, stays as it is at that, and grows by a quarter below", async () => {
  const { journal, slept, event } = await journalOf([2, 1, 0.5, 2, 2, 2, 0, ...Array(15).fill(0.5)]);
  const sizes = [
    250, 125, 125, 157, 78, 50, 50, 63, 79, 99, 124, 155, 194, 243, 304, 380, 475, 594, 743, 929, 1_000, 1_000, 1_000,
  ];
  assert.deepEqual(
    journal,
    sizes.map((size) => `sweep ${size}`),
  );
  // Half of an hour's work is not to begin before its hour, and requests have their turn between two batches: a twelfth
  // of the time at most is the sweep's.
  const pauses = [...Array(6).fill(12), 20, ...Array(15).fill(12)];
  assert.deepEqual([slept[0], slept.slice(1), slept.length], [3_600_000, pauses, sizes.length]);
  const count = sizes.reduce((sum, size) => sum + size) - 1;
  assert.deepEqual(event, { name: "sweep.completed", level: "info", count });
});

test("F-60 how long a batch took is told by the clock that never jumps, in parts of a millisecond", async () => {
  const clock = manualClock(START);
  const stop = new AbortController();
  const sizes: number[] = [];
  const takes = [0.9, 1.1, 0];
  const store = overStore(memory(), {
    sweep(limit) {
      sizes.push(limit);
      clock.advance(takes[sizes.length - 1] ?? 0);
      // A time server is at work as well.
      clock.setNow(START + 10_000 * sizes.length);
      if (sizes.length === 4) stop.abort();
      return limit;
    },
  });
  const sleepy = { now: () => Math.floor(clock.now()), monotonic: clock.monotonic, sleep: () => Promise.resolve() };
  await sweepHourly(store, sleepy, () => stop.abort(), stop.signal, 3_600_000);
  assert.deepEqual(sizes, [250, 313, 156, 195]);
});

test("F-46 a survey goes from beginning to end, in parts by how long they take, and counts all of them", async () => {
  const asked: (readonly number[])[] = [];
  const { slept, event } = await journalOf([], (from, limit, now, idleBefore) => {
    asked.push([from, limit, now, idleBefore]);
    return { deleted: 1, live: 20, dead: 300, next: asked.length < 3 ? from + limit : null };
  });
  const before = START - 2 * 3_600_000;
  assert.deepEqual(asked, [
    [0, 250, START, before],
    [250, 313, START, before],
    [563, 392, START, before],
  ]);
  assert.deepEqual(slept, [3_600_000, 20, 20]);
  assert.deepEqual(event, { name: "sweep.completed", level: "info", count: 249 + 3, rows: { live: 60, dead: 900 } });
});

test("F-46 a process that ends deletes no further batch, counts nothing, and reports no failure", async () => {
  const stop = new AbortController();
  const events: AuditEvent[] = [];
  const asked: string[] = [];
  const store: SessionStore = {
    ...overStore(memory(), {}),
    sweep(limit) {
      asked.push("sweep");
      stop.abort();
      return limit;
    },
    survey() {
      asked.push("survey");
      return { deleted: 0, live: 1, dead: 0, next: 7 };
    },
  };
  const clock = { now: () => START, monotonic: () => 0, sleep: () => Promise.resolve() };
  await sweepHourly(store, clock, (event) => events.push(event), stop.signal, 3_600_000);
  assert.deepEqual(asked, ["sweep"]);
  assert.deepEqual(events, [{ name: "sweep.completed", level: "info", count: 250 }]);
});

test("F-46 a store that fails is told of and asked an hour later; but not as the process ends", async () => {
  const stop = new AbortController();
  const events: AuditEvent[] = [];
  const error = new Error("the store is away");
  let asked = 0;
  const store = overStore(memory(), {
    sweep() {
      asked += 1;
      if (asked === 3) stop.abort();
      throw error;
    },
  });
  const clock = { now: () => START, monotonic: () => 0, sleep: () => Promise.resolve() };
  await sweepHourly(store, clock, (event) => events.push(event), stop.signal, 3_600_000);
  assert.deepEqual(events, Array(2).fill({ name: "store.failed", level: "warn", reason: "sweep", error }));
});

test("S-66 rows dead by idle are swept after as long again, and those that stay are counted, live and dead", async () => {
  const store = memory();
  const now = START + 10 * 3_600_000;
  const rows = { gone: now - 2 * 3_600_000 - 1, idle: now - 2 * 3_600_000, live: now };
  for (const seen of Object.values(rows)) store.put(sampleRow({ seen, expires: now + 3_600_000 }), "absent");
  store.put(sampleRow({ expires: now + 3_600_000, ended: START, reason: "logout", body: "" }), "absent");
  const clock = manualClock(now - 3_600_000);
  const told = Promise.withResolvers<AuditEvent>();
  const stop = new AbortController();
  const sweeping = sweepHourly(store, clock, told.resolve, stop.signal, 3_600_000);
  clock.advance(3_600_000);
  assert.deepEqual(await told.promise, { name: "sweep.completed", level: "info", count: 1, rows: { live: 2, dead: 1 } });
  stop.abort();
  await sweeping.catch(() => undefined);
});
