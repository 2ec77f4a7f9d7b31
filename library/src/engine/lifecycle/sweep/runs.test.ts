import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../../test-support/auth.ts";
import type { AuditEvent, Entropy, SessionStore } from "../../../contracts.ts";
import { memory } from "../../../stores/memory.ts";
import { type ManualClock, manualClock } from "../../../testing/manual-clock.ts";
import { overStore } from "../../../testing/over-store.ts";
import { START, sampleRow } from "../../../testing/store-suite/rows.ts";
import { type SweepOptions, sweepPlan } from "./options.ts";
import { Sweeper } from "./sweep.ts";

const HOUR = 3_600_000;
/** Draws the same each time: 0 is the least, 255 nearly the most. */
const always = (byte: number): Entropy => ({ bytes: (length) => new Uint8Array(length).fill(byte) });

/** One replica on a store; its sleeps end at once, and take their time of the clock. */
function replica(store: SessionStore, clock: ManualClock, options: SweepOptions = {}, entropy = always(128)) {
  const events: AuditEvent[] = [];
  const slept: number[] = [];
  const stop = new AbortController();
  const sleepy = {
    now: clock.now,
    monotonic: clock.monotonic,
    async sleep(ms: number): Promise<void> {
      slept.push(ms);
      clock.advance(ms);
    },
  };
  const report = (event: AuditEvent): void => void events.push(event);
  const parts = { store, clock: sleepy, entropy, report, signal: stop.signal, idle: HOUR, plan: sweepPlan(options) };
  return { sweeper: new Sweeper(parts), events, slept, stop };
}

const sharedMemory = (changes: Partial<SessionStore> = {}): SessionStore => {
  const real = memory();
  return overStore(real, { capabilities: { ...real.capabilities, shared: true }, ...changes });
};

/** The first pause of a replica that then stops. */
async function firstPause(options: SweepOptions, byte: number): Promise<number | undefined> {
  const real = memory();
  const one = replica(overStore(real, { sweep: () => stopping() }), manualClock(START), options, always(byte));
  function stopping(): number {
    one.stop.abort();
    return 0;
  }
  await one.sweeper.periodically();
  return one.slept[0];
}

test("S-50 replicas that start together do not stay together: a period is up to a fifth off", async () => {
  assert.equal(await firstPause({}, 0), 0.8 * HOUR);
  const longest = (await firstPause({}, 255)) ?? 0;
  assert.ok(longest > 1.199 * HOUR && longest <= 1.2 * HOUR, String(longest));
  assert.equal(await firstPause({ every: "10m" }, 0), 480_000);
});

test("S-50 period, batch and time are settings, each to the last that can be meant", () => {
  assert.deepEqual(sweepPlan(), { every: HOUR, batch: 1_000, within: 600_000 });
  assert.deepEqual(sweepPlan({ every: false, batch: 7, within: "1s" }), { every: false, batch: 7, within: 1_000 });
  for (const [given, named] of [
    [{ every: 59_999 }, /^TypeError: sweep\.every is/],
    [{ every: "8d" }, /^TypeError: sweep\.every is/],
    [{ batch: 0 }, /^TypeError: sweep\.batch is 0/],
    [{ batch: 10_001 }, /^TypeError: sweep\.batch is 10001/],
    [{ batch: 1.5 }, /^TypeError: sweep\.batch is 1\.5/],
    [{ within: 999 }, /^TypeError: sweep\.within is/],
    [{ within: "2d" }, /^TypeError: sweep\.within is/],
  ] as const) {
    assert.throws(() => sweepPlan(given), named);
  }
});

test("S-50 without a period nothing is swept by itself, and auth.sweep() sweeps when it is told to", async () => {
  const { auth, clock, store, told } = authWith({ sweep: { every: false } });
  const now = clock.now();
  for (let n = 0; n < 3; n++) store.put(sampleRow({ created: now - 2, expires: now - 1 }), "absent");
  store.put(sampleRow({ created: now, seen: now, expires: now + 1 }), "absent");
  assert.equal(clock.sleeping, 0);
  assert.deepEqual(await auth.sweep(), { deleted: 3, rows: { live: 1, dead: 0 }, complete: true });
  assert.deepEqual(told("sweep.completed"), [{ name: "sweep.completed", level: "info", count: 3, rows: { live: 1, dead: 0 } }]);
  await auth.close();
});

test("S-50 auth.sweep() says that the store did not answer; an odd option stops the start", async () => {
  const error = new Error("the store is away");
  const away = overStore(memory(), {
    sweep() {
      throw error;
    },
  });
  const { auth, told } = authWith({ store: away });
  await assert.rejects(auth.sweep(), { code: "ERR_STORE_UNAVAILABLE" });
  assert.deepEqual(told("store.failed"), [{ name: "store.failed", level: "warn", reason: "sweep", error }]);
  await auth.close();
  assert.throws(() => authWith({ sweep: { batch: 0 } }), /^TypeError: sweep\.batch is 0/);
  assert.throws(() => authWith({ sweep: JSON.parse('{"hourly":true}') }), /^TypeError: .*sweep\.hourly/);
});

test("S-50 a sweep stops when its time is over, and the next goes on, also with the counting", async () => {
  const clock = manualClock(START);
  let left = 1_000;
  const asked: number[] = [];
  const store = overStore(memory(), {
    sweep(limit) {
      const deleted = Math.min(left, limit);
      left -= deleted;
      return deleted;
    },
    survey(from) {
      asked.push(from);
      return { deleted: 1, live: 10, dead: 2, next: from === 90 ? null : from + 10 };
    },
  });
  const { sweeper, events } = replica(store, clock, { batch: 10, within: "1s" });
  const runs = [await sweeper.sweep(), await sweeper.sweep(), await sweeper.sweep()];
  assert.deepEqual(
    runs.map(({ deleted, complete }) => [deleted, complete]),
    [
      [500, false],
      [500, false],
      [10, true],
    ],
  );
  assert.deepEqual(runs[2]?.rows, { live: 100, dead: 20 });
  assert.deepEqual(asked, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  assert.equal(events.length, 3);
  const slow = replica(
    overStore(store, { survey: (from) => ({ deleted: 0, live: 1, dead: 0, next: from < 60 ? from + 1 : null }) }),
    clock,
    {
      within: "1s",
    },
  );
  assert.deepEqual(await slow.sweeper.sweep(), { deleted: 0, rows: null, complete: false });
  assert.deepEqual(await slow.sweeper.sweep(), { deleted: 0, rows: { live: 61, dead: 0 }, complete: true });
});

test("S-50 a store that answers later takes larger batches: it blocks nobody, up to 50 milliseconds", async () => {
  const clock = manualClock(START);
  const sizes: number[] = [];
  const takes = [49, 50, 51, 0];
  const store = overStore(memory(), {
    async sweep(limit) {
      sizes.push(limit);
      await Promise.resolve();
      clock.advance(takes[sizes.length - 1] ?? 0);
      return sizes.length < 4 ? limit : 0;
    },
  });
  await replica(store, clock).sweeper.sweep();
  assert.deepEqual(sizes, [250, 313, 313, 156]);
});

test("SE-17 S-50 one replica at a time sweeps a store that several share; others are told so", async () => {
  const clock = manualClock(START);
  const gate = Promise.withResolvers<number>();
  let asked = 0;
  const store = sharedMemory({
    sweep() {
      asked += 1;
      return gate.promise;
    },
  });
  const [one, two] = [replica(store, clock), replica(store, clock)];
  const first = one.sweeper.sweep();
  assert.equal(one.sweeper.sweep(), first);
  // A few turns until the first has its turn and waits for the store.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assert.deepEqual(await two.sweeper.sweep(), { deleted: 0, rows: null, complete: false });
  assert.deepEqual([asked, two.events], [1, []]);
  gate.resolve(0);
  assert.deepEqual(await first, { deleted: 0, rows: null, complete: true });
  assert.equal((await two.sweeper.sweep()).complete, true);
  assert.equal(asked, 2);
});

test("SE-17 S-50 many replicas that ask at once: one sweeps, whoever it is", async () => {
  const clock = manualClock(START);
  let [at, most] = [0, 0];
  const store = sharedMemory({
    async sweep() {
      at += 1;
      most = Math.max(most, at);
      await new Promise((resolve) => setImmediate(resolve));
      at -= 1;
      return 0;
    },
  });
  const swept = await Promise.all(Array.from({ length: 20 }, () => replica(store, clock).sweeper.sweep()));
  assert.equal(most, 1);
  assert.equal(swept.filter(({ complete }) => complete).length, 1);
});

test("S-50 S-53 a replica skips its sweep if another swept lately, and tells what that one counted", async () => {
  const clock = manualClock(START);
  const store = sharedMemory({ survey: () => ({ deleted: 0, live: 7, dead: 2, next: null }) });
  const one = replica(store, clock);
  await one.sweeper.sweep();
  const rows = { live: 7, dead: 2 };
  for (const [minutes, name] of [
    [-31, "sweep.skipped"],
    [1, "sweep.completed"],
  ] as const) {
    const two = replica(store, clock, { every: "1h" });
    const events = new Promise<AuditEvent>((resolve) => {
      two.events.push = (event: AuditEvent) => {
        two.stop.abort();
        resolve(event);
        return 1;
      };
    });
    // Its hour passes, and half of it has to be over since the last sweep.
    clock.setNow(START - HOUR + (30 + minutes) * 60_000);
    await two.sweeper.periodically();
    const event = await events;
    assert.deepEqual([event.name, event.rows], [name, rows]);
  }
});

test("S-50 a replica that dies while it sweeps keeps others from it for the time of one sweep", async () => {
  const clock = manualClock(START);
  const dead = new Promise<number>(() => undefined);
  let died = false;
  const store = sharedMemory({
    sweep() {
      if (died) return 0;
      died = true;
      return dead;
    },
  });
  void replica(store, clock, { within: "10m" }).sweeper.sweep();
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assert.equal(died, true);
  const other = replica(store, clock, { within: "10m" });
  // Asking in vain does not keep it alive.
  for (let minute = 0; minute < 11; minute++) {
    assert.equal((await other.sweeper.sweep()).complete, false, String(minute));
    clock.advance(60_000);
  }
  assert.equal((await other.sweeper.sweep()).complete, true);
});

test("S-50 the markers by which replicas take turns are none that a sweep counts", async () => {
  const clock = manualClock(START);
  const store = sharedMemory();
  const one = replica(store, clock);
  for (let hour = 0; hour < 3; hour++) {
    assert.equal((await one.sweeper.sweep()).deleted, 0);
    clock.advance(HOUR);
  }
});
