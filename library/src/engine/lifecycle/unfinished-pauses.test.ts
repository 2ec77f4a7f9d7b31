/** When endings that the store would not take are tried again, who is told, and what is kept of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { endingsWith } from "../../../test-support/engine/unfinished-world.ts";
import { turns } from "../../../test-support/event-loop.ts";
import type { Clock, SessionRow } from "../../contracts.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { sampleRow } from "../../testing/store-suite/rows.ts";

/**
 * Time passes as fast as it is slept; what is slept until something, and not for the spacing of attempts, is written
 * down.
 */
function sleeplessClock(slept: number[]): Clock {
  return {
    now: () => 0,
    monotonic: () => 0,
    sleep(ms, signal) {
      if (signal !== undefined) slept.push(ms);
      return Promise.resolve();
    },
  };
}

for (const [name, bytes, part] of [
  ["half of it at the least", [0, 0], 0.5],
  ["three quarters in the middle", [0x80, 0], 0.75],
] as const) {
  test(`F-46 the pauses double from 50 ms to five seconds, by chance ${name}`, async () => {
    const slept: number[] = [];
    const { unfinished, work, names } = endingsWith({
      clock: sleeplessClock(slept),
      entropy: { bytes: () => Uint8Array.from(bytes) },
    });
    let left = 9;
    unfinished.again("one", async () => {
      left -= 1;
      if (left >= 0) throw new Error("the store is away");
    });
    assert.deepEqual(names(), ["error ending.held"]);
    await Promise.all(work);
    assert.deepEqual(
      slept,
      [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000].map((pause) => pause * part),
    );
    assert.deepEqual(names(), ["error ending.held", "info ending.completed"]);
  });
}

test("F-46 the same key twice is one, and is another once it is done", async () => {
  const { unfinished, work, names } = endingsWith({ clock: sleeplessClock([]) });
  let tried = 0;
  const attempt = async (): Promise<void> => {
    tried += 1;
  };
  assert.deepEqual([unfinished.again("one", attempt), unfinished.again("one", attempt)], [true, true]);
  assert.deepEqual([names(), work.length], [["error ending.held"], 1]);
  await Promise.all(work);
  assert.equal(unfinished.again("one", attempt), true);
  await Promise.all(work);
  assert.deepEqual([tried, work.length], [2, 2]);
});

/**
 * Two endings of one session wait: one by its secret, and one that needs none. The store loses no answer.
 */
async function twoOfOne(changes: { readonly told: boolean }) {
  const store = memory();
  const row = sampleRow({ owner: "alice" });
  store.put(row, "absent");
  let away = true;
  const down = overStore(store, {
    get(id) {
      if (away) throw new Error("the store is away");
      return store.get(id);
    },
  });
  const all = endingsWith({ store: down });
  const { unfinished, clock } = all;
  unfinished.end({ id: row.id, reason: "logout", before: row });
  unfinished.end({ id: row.id, reason: "logout", before: row, shown: row.secretHash });
  clock.advance(10_000);
  await turns(5);
  if (changes.told) {
    store.end({ id: row.id }, "logout", clock.now());
    unfinished.said(row.id);
  }
  away = false;
  for (let turn = 0; turn < 20; turn += 1) {
    clock.advance(1_000);
    await turns(5);
  }
  return { ...all, row };
}

test("F-46 of two that wait to end one session the first says so, and the second no more", async () => {
  const { announced, names, row } = await twoOfOne({ told: false });
  assert.deepEqual(announced, [{ id: row.id, reason: "logout", row, grantLivesOn: false }]);
  assert.equal(names().filter((name) => name === "info ending.completed").length, 2);
});

test("F-46 if another has said it, none of those that wait says it again", async () => {
  const { announced, names } = await twoOfOne({ told: true });
  assert.deepEqual(announced, []);
  assert.equal(names().filter((name) => name === "info ending.completed").length, 2);
});

/** A session that ended as its ending was tried, or for another reason; `ours`: as ours would have left it. */
const ENDED: { readonly [how: string]: { readonly change: (row: SessionRow) => SessionRow; readonly ours: boolean } } = {
  "as ours would have": { change: (row) => ({ ...row, version: row.version + 1, ended: 1, reason: "logout" }), ours: true },
  "for another reason": { change: (row) => ({ ...row, version: row.version + 1, ended: 1, reason: "admin" }), ours: false },
  "after another write": { change: (row) => ({ ...row, version: row.version + 2, ended: 1, reason: "logout" }), ours: false },
};

for (const [how, { change, ours }] of Object.entries(ENDED)) {
  for (const before of [true, false]) {
    const says = ours && before;
    test(`F-46 ended ${how}, tried ${before ? "with" : "without"} its row: ${says ? "" : "not "}announced`, async () => {
      const row = sampleRow({ owner: "alice" });
      const { unfinished, announced, clock, names } = endingsWith({ store: overStore(memory(), { get: () => change(row) }) });
      unfinished.end({ id: row.id, reason: "logout", ...(before ? { before: row } : {}), grantLivesOn: true });
      clock.advance(50);
      await turns(5);
      assert.deepEqual(announced, says ? [{ id: row.id, reason: "logout", row, grantLivesOn: true }] : []);
      assert.deepEqual(names(), ["error ending.held", "info ending.completed"]);
    });
  }
}

test("SE-12 S-45 an ending that is read back is done once an end was acknowledged, and announced once", async () => {
  const store = memory();
  const row = sampleRow({ owner: "alice" });
  await store.put(row, "absent");
  await store.end({ id: row.id }, "logout", row.created);
  let asked = 0;
  const unconfirmed = overStore(store, {
    async end(target, reason, now) {
      asked += 1;
      const ended = await store.end(target, reason, now);
      if (asked < 3) throw new Error("no replica has it in time");
      return ended;
    },
  });
  const { unfinished, announced, names, pass } = endingsWith({ store: unconfirmed });
  unfinished.end({ id: row.id, reason: "logout", before: row });
  for (let tries = 0; tries < 40; tries += 1) {
    if (asked < 3) assert.deepEqual([announced, names()], [[], ["error ending.held"]]);
    await pass(25);
  }
  assert.equal(asked, 3);
  assert.deepEqual(announced, [{ id: row.id, reason: "logout", row, grantLivesOn: false }]);
  assert.deepEqual(names(), ["error ending.held", "info ending.completed"]);
});

test("SE-12 S-45 a session that a failover brought back after it was read is ended, and announced", async () => {
  const store = memory();
  const row = sampleRow({ owner: "alice" });
  await store.put(row, "absent");
  const ended = { ...row, version: row.version + 1, ended: row.created, reason: "logout" } as const;
  const { unfinished, announced, pass } = endingsWith({ store: overStore(store, { get: () => ended }) });
  unfinished.end({ id: row.id, reason: "logout" });
  await pass(50);
  assert.equal((await store.get(row.id))?.reason, "logout");
  assert.equal(announced.length, 1);
});

const NOW = manualClock().now();
const PREVIOUS = { previousHash: "before", secretHash: "now" };

for (const [shown, changes, ends] of [
  ["now", PREVIOUS, true],
  ["before", { ...PREVIOUS, previousUntil: NOW + 1 }, true],
  ["before", { ...PREVIOUS, previousUntil: NOW }, false],
  ["never", { ...PREVIOUS, previousUntil: NOW + 1 }, false],
  ["before", { secretHash: "now", previousUntil: NOW + 1 }, false],
  [undefined, PREVIOUS, true],
] as const) {
  test(`F-46 shown ${shown}, session ${JSON.stringify(changes).replaceAll(String(NOW), "")}: ends ${ends}`, async () => {
    const store = memory();
    const row = sampleRow({ expires: NOW + 3_600_000, ...changes });
    store.put(row, "absent");
    const { unfinished, announced, clock } = endingsWith({ store });
    // It counts what was good when the ending was wanted, however late it is done.
    unfinished.end({ id: row.id, reason: "logout", ...(shown === undefined ? {} : { shown }) });
    clock.advance(50);
    await turns(5);
    assert.deepEqual([(await store.get(row.id))?.ended ?? null, announced.length], ends ? [NOW + 50, 1] : [null, 0]);
  });
}

test("F-46 the end of the process waits five seconds for the store, and no longer", async () => {
  const { unfinished, work, clock } = endingsWith();
  unfinished.again("hangs", () => new Promise(() => {}));
  let over = false;
  void Promise.all(work).then(() => {
    over = true;
  });
  unfinished.close();
  await turns(5);
  clock.advance(4_999);
  await turns(5);
  assert.equal(over, false);
  clock.advance(1);
  await turns(5);
  assert.equal(over, true);
});

test("F-46 what is wanted after the end of the process is refused, and said to be", () => {
  const { unfinished, names, work } = endingsWith();
  unfinished.close();
  assert.equal(unfinished.end({ id: "late", reason: "logout" }), false);
  assert.deepEqual([names(), work.length], [["error ending.dropped closed"], 0]);
});

test("F-46 what the process drops at its end is told with why", async () => {
  const { unfinished, events, work } = endingsWith();
  const error = new Error("the store is away");
  unfinished.again("one", () => Promise.reject(error));
  unfinished.close();
  await Promise.all(work);
  assert.deepEqual(events.slice(1), [{ name: "ending.dropped", level: "error", reason: "closed", error }]);
});

test("F-46 a doubtful one that gives way is forgotten, is tried no more, and takes nothing along", async () => {
  const { unfinished, names, clock } = endingsWith({ most: 2 });
  const done: string[] = [];
  const forgotten: string[] = [];
  const put = (key: string, doubtful: boolean): boolean =>
    unfinished.again(key, async () => void done.push(key), { doubtful, forget: () => void forgotten.push(key) });
  assert.deepEqual([put("a?", true), put("b?", true), put("c?", true)], [true, true, false]);
  assert.deepEqual([put("d", false), put("e", false), put("f", false)], [true, true, false]);
  assert.deepEqual(forgotten, ["b?", "a?"]);
  clock.advance(50);
  await turns(5);
  assert.deepEqual(done, ["d", "e"]);
  assert.deepEqual(names(), [
    ...["error ending.held", "error ending.held", "error ending.dropped full"],
    ...["error ending.dropped full", "error ending.held", "error ending.dropped full", "error ending.held"],
    ...["error ending.dropped full", "info ending.completed", "info ending.completed"],
  ]);
});

/** As much heap as this leaves in use, with ids of a megabyte: whatever is kept of a hundred shows. */
async function leftBehind(act: (id: string) => Promise<void> | void): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert.ok(typeof collect === "function");
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  for (let number = 0; number < 120; number += 1) await act(Buffer.alloc(1_000_000, `${number}x`).toString("latin1"));
  return used() - before;
}

const MUCH = 40_000_000;

test("F-46 of sessions that ended, and of those that there was no room for, nothing is kept", async () => {
  const done = endingsWith({ clock: sleeplessClock([]), report: () => {}, store: overStore(memory(), { get: () => undefined }) });
  const ended = await leftBehind(async (id) => {
    for (const _ of ["once", "twice"]) assert.equal(done.unfinished.end({ id, reason: "logout" }), true);
    await Promise.all(done.work.splice(0));
  });
  assert.ok(ended < MUCH, "sessions that ended are kept");
  const full = endingsWith({ most: 0, report: () => {} });
  const refused = await leftBehind((id) => assert.equal(full.unfinished.end({ id, reason: "logout" }), false));
  assert.ok(refused < MUCH, "sessions without room are kept");
});

test("F-46 of doubtful ones that are done nothing is kept, however many have been", async () => {
  const { unfinished, work } = endingsWith({ clock: sleeplessClock([]), most: 4, report: () => {} });
  const kept = await leftBehind(async (key) => {
    assert.ok(unfinished.again(key, () => Promise.resolve(), { doubtful: true }));
    await Promise.all(work.splice(0));
  });
  assert.ok(kept < MUCH, "more than twice as many keys are kept as may wait");
});
