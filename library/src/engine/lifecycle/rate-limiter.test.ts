import assert from "node:assert/strict";
import { test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** Works that note when they begin, and end when they are told to. */
function works(limits: ConstructorParameters<typeof RateLimiter>[0]) {
  const clock = manualClock();
  const slots = new RateLimiter(limits, clock);
  const begun: (readonly [name: number, at: number])[] = [];
  const ends: (() => void)[] = [];
  const begin = (name: number): Promise<void> =>
    slots.run(() => {
      begun.push([name, clock.monotonic()]);
      return new Promise((resolve) => ends.push(resolve));
    });
  return { clock, slots, begun, ends, begin };
}

test("RF-09 works past a number wait for those before them, in the order in which they came", async () => {
  const { begun, ends, begin } = works({ concurrency: 2, burst: 10, interval: 3 });
  const all = [0, 1, 2, 3].map(begin);
  await turns();
  assert.deepEqual(
    begun.map(([name]) => name),
    [0, 1],
  );
  ends[1]?.();
  await turns();
  assert.deepEqual(
    begun.map(([name]) => name),
    [0, 1, 2],
  );
  for (let end = 0; end < 4; end++) {
    ends[end]?.();
    await turns();
  }
  await Promise.all(all);
  assert.deepEqual(
    begun.map(([name]) => name),
    [0, 1, 2, 3],
  );
});

test("RF-09 after a burst they begin at a distance, and after a quiet time there is a burst again", async () => {
  const { clock, begun, begin } = works({ concurrency: 100, burst: 3, interval: 4 });
  const wave = async (from: number): Promise<readonly number[]> => {
    begun.length = 0;
    const start = clock.monotonic();
    for (let name = from; name < from + 6; name++) void begin(name);
    await turns();
    for (let passed = 0; passed < 20; passed++) {
      clock.advance(1);
      await turns();
    }
    return begun.map(([, at]) => at - start);
  };
  assert.deepEqual(await wave(0), [0, 0, 0, 4, 8, 12]);
  clock.advance(1_000);
  assert.deepEqual(await wave(6), [0, 0, 0, 4, 8, 12]);
});

test("RF-09 a work that fails gives its place to the next one", async () => {
  const slots = new RateLimiter({ concurrency: 1, burst: 10, interval: 3 }, manualClock());
  const failing = slots.run(() => Promise.reject(new Error("no")));
  const next = slots.run(async () => "yes");
  await assert.rejects(failing, /no/);
  assert.equal(await next, "yes");
});

test("F-71 those whose turns come close together share a beginning, the last one's; none overtakes them", async () => {
  const { clock, begun, begin } = works({ concurrency: 100, burst: 3, interval: 4, batch: 2 });
  for (let name = 0; name < 6; name++) void begin(name);
  for (let passed = 0; passed < 20; passed++) {
    await turns();
    // This one comes when it would be due itself, and those before it still wait.
    if (clock.monotonic() === 15) void begin(6);
    clock.advance(1);
  }
  await turns();
  assert.deepEqual(
    begun.map(([, at]) => at),
    [0, 0, 0, 8, 8, 16, 16],
  );
  assert.deepEqual(
    begun.map(([name]) => name),
    [0, 1, 2, 3, 4, 5, 6],
  );
});

test("F-71 work that finds nothing to do gives its distance back; those behind begin as if it had not been", async () => {
  const clock = manualClock();
  const slots = new RateLimiter({ concurrency: 100, burst: 2, interval: 4 }, clock);
  for (let idle = 0; idle < 20; idle++) await slots.run(async (pass) => pass());
  const begun: number[] = [];
  const all = [0, 1, 2].map(() => slots.run(async () => void begun.push(clock.monotonic())));
  for (let passed = 0; passed < 5; passed++) {
    await turns();
    clock.advance(1);
  }
  await Promise.all(all);
  assert.deepEqual(begun, [0, 0, 4]);
});

test("F-46 whose turn is due in this very moment begins in it, and shares no later one", async () => {
  const { clock, begun, begin } = works({ concurrency: 100, burst: 1, interval: 4, batch: 4 });
  void begin(0);
  await turns();
  clock.advance(4);
  void begin(1);
  await turns();
  assert.deepEqual(begun, [
    [0, 0],
    [1, 4],
  ]);
});

test("F-71 work that waited for its turn steps aside for the others when it comes; a burst begins at once", async () => {
  const rounds: (() => void)[] = [];
  const aside = (): Promise<void> => new Promise((resolve) => rounds.push(resolve));
  const { clock, begun, begin } = works({ concurrency: 100, burst: 2, interval: 4, batch: 2, ready: aside });
  for (let name = 0; name < 4; name++) void begin(name);
  await turns();
  assert.deepEqual([begun.length, rounds.length], [2, 0]);
  clock.advance(8);
  await turns();
  assert.deepEqual([begun.length, rounds.length], [2, 2]);
  rounds[0]?.();
  await turns();
  assert.deepEqual(
    begun.map(([name]) => name),
    [0, 1, 2],
  );
  rounds[1]?.();
  await turns();
  assert.equal(begun.length, 4);
});
