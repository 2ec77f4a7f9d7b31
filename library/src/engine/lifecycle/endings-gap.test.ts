/** A store that may have missed endings says so, and every watched session is looked at, at once. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { SessionStore } from "../../contracts.ts";
import { sessionPolicy } from "../../core/policy.ts";
import { memory } from "../../stores/memory.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { HOUR, sampleRow } from "../../testing/store-suite/rows.ts";
import { boundedStore } from "../bounded-store.ts";
import { createBackground } from "./background.ts";
import { Endings } from "./endings.ts";

let clock: ManualClock;
let store: SessionStore;
let endings: Endings;
let told: string[];
let asked: number;
/** Tells the engine of a gap. */
let gap: () => void;
/** What an answer of the store waits for, once it was read. */
let late: Promise<void> | null;

beforeEach(() => {
  clock = manualClock();
  store = memory();
  [told, asked, late] = [[], 0, null];
  const get = async (id: string) => {
    asked += 1;
    const row = await store.get(id);
    await late;
    return row;
  };
  // It is connected, and tells of no ending.
  const watch: SessionStore["watch"] = (_, onGap) => {
    gap = onGap ?? assert.fail("nobody wants to hear of gaps");
    return () => {};
  };
  endings = new Endings({
    store: boundedStore(overStore(store, { get, watch }), clock, 5_000),
    clock,
    policy: sessionPolicy({ idle: 2 * HOUR, lifetime: 4 * HOUR }, false),
    background: createBackground(() => {}),
  });
});

afterEach(async () => {
  endings.close();
  await store.close();
});

/** A session that is watched, and was read just now. */
function watched(): string {
  const now = clock.now();
  const row = sampleRow({ owner: "o", created: now, seen: now, expires: now + 4 * HOUR });
  void store.put(row, "absent");
  endings.watch(row.id, (reason) => told.push(`${row.id} ${reason}`), row);
  return row.id;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets lots of look-ups follow each other, with no time between them. */
async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await settled();
    clock.advance(0);
  }
}

test("PX-05 after a gap all watched sessions are looked at, at once and not with their round", async () => {
  const ids = Array.from({ length: 120 }, () => watched());
  await turns();
  await store.end({ id: ids[70] ?? "" }, "admin", clock.now());
  await turns();
  assert.deepEqual([told, asked], [[], 0], "nothing was told of it");
  gap();
  await turns();
  assert.deepEqual([told, asked], [[`${ids[70]} admin`], 120]);
  asked = 0;
  clock.advance(500);
  await turns();
  assert.equal(asked, 0, "and then each waits for its round again");
});

test("PX-05 after a gap more sessions than a tick looks at are looked at, at once", async () => {
  const ids = Array.from({ length: 2_300 }, () => watched());
  await turns();
  await store.end({ owner: "o" }, "elsewhere", clock.now());
  gap();
  await turns();
  assert.equal(told.length, ids.length);
});

test("PX-05 what was read before a gap is read once more, however late its answer", async () => {
  const id = watched();
  await turns();
  const answer = Promise.withResolvers<void>();
  late = answer.promise;
  gap();
  await turns(3);
  assert.equal(asked, 1, "under way, and it read a session that lives");
  await store.end({ id }, "logout", clock.now());
  gap();
  late = null;
  answer.resolve();
  await turns();
  assert.deepEqual([told, asked], [[`${id} logout`], 2]);
});

test("PX-05 a gap while the store does not answer ends nothing, and is not asked about without a pause", async () => {
  watched();
  await turns();
  late = Promise.reject(new Error("the store is away"));
  late.catch(() => undefined);
  gap();
  await turns();
  assert.deepEqual([told, asked], [[], 2]);
  late = null;
  clock.advance(500);
  await turns();
  assert.deepEqual([told, asked], [[], 3]);
});

test("PX-05 a gap that is told once nothing is watched, or after the end, does nothing", async () => {
  const id = watched();
  await turns();
  endings.tell(id, "logout");
  gap();
  await turns();
  assert.equal(asked, 0);
  watched();
  await turns();
  endings.close();
  gap();
  await turns();
  assert.deepEqual([asked, clock.sleeping], [0, 0]);
});
