/** How often and for how many sessions the store is asked, and how much is remembered of those that ended. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import type { EndReason, SessionRow, SessionStore } from "../../contracts.ts";
import { sessionPolicy } from "../../core/policy.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { HOUR, sampleRow } from "../../testing/store-suite/rows.ts";
import { createBackground } from "./background.ts";
import { Endings, SessionEnded } from "./endings.ts";

let clock: ManualClock;
let rows: Map<string, SessionRow>;
/** Look-ups so far, and those without an answer yet. */
let asked: number;
let open: number;
/** Where answers are to be kept waiting. */
let gate: PromiseWithResolvers<void> | null;
let pushes: "yes" | "fails" | "cannot";
let stopped: number;
/** Who listens to the store. */
let listening: EndListeners;
type EndListeners = Set<(ended: { readonly id: string; readonly reason: EndReason }) => void>;

beforeEach(() => {
  clock = manualClock();
  rows = new Map();
  listening = new Set();
  [asked, open, stopped, gate, pushes] = [0, 0, 0, null, "cannot"];
});

let endings: Endings;
afterEach(() => endings.close());

function make(endsWithToken = false): void {
  const get = async (id: string): Promise<SessionRow | undefined> => {
    asked += 1;
    open += 1;
    const row = rows.get(id);
    await gate?.promise;
    open -= 1;
    return row;
  };
  const watch: SessionStore["watch"] = (listener) => {
    if (pushes === "fails") throw new Error("no connection");
    listening.add(listener);
    return () => {
      listening.delete(listener);
      stopped += 1;
    };
  };
  endings = new Endings({
    store: pushes === "cannot" ? { get } : { get, watch },
    clock,
    policy: sessionPolicy({ idle: 2 * HOUR, lifetime: 4 * HOUR }, endsWithToken),
    background: createBackground(() => {}),
  });
}

function stored(changes: Partial<SessionRow> = {}): string {
  const now = clock.now();
  const row = sampleRow({ created: now, seen: now, expires: now + 4 * HOUR, ...changes });
  rows.set(row.id, row);
  return row.id;
}

async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 500) {
    clock.advance(500);
    await turns(2);
  }
}

test("F-46 a store that cannot push is asked with every tick, one that pushes every five seconds", async () => {
  for (const [way, times] of [
    ["cannot", 20],
    ["fails", 20],
    ["yes", 2],
  ] as const) {
    pushes = way;
    make();
    endings.watch(stored(), () => {});
    await turns();
    assert.equal(asked, 1, way);
    asked = 0;
    await pass(10_000);
    assert.equal(asked, times, way);
    asked = 0;
    endings.close();
    assert.equal(stopped, way === "yes" ? 1 : 0);
  }
});

test("F-71 a row that was just read is not read again at once; if the store pushes, not before its round", async () => {
  for (const [way, first, second] of [
    ["cannot", 1, 1],
    ["yes", 0, 0],
  ] as const) {
    [asked, pushes] = [0, way];
    make();
    const one = stored();
    endings.watch(one, () => {}, rows.get(one));
    await turns();
    assert.equal(asked, 0, way);
    await pass(500);
    assert.equal(asked, first, way);
    // While one is under watch anyway.
    asked = 0;
    const other = stored();
    endings.watch(other, () => {}, rows.get(other));
    await pass(500);
    assert.equal(asked, first + second, way);
    await pass(6_000);
    assert.ok(asked >= 2, way);
    // Of who comes without a row it is not known how old theirs is.
    asked = 0;
    endings.watch(one, () => {});
    await pass(500);
    assert.equal(asked, way === "yes" ? 1 : 2);
    endings.close();
  }
});

test("F-71 a session whose row was read when it was watched is heard of when it runs out", async () => {
  pushes = "yes";
  make();
  const id = stored({ expires: clock.now() + 2_000 });
  const row = rows.get(id);
  const told: string[] = [];
  endings.watch(id, (reason) => told.push(reason), row);
  await pass(1_500);
  assert.deepEqual(told, []);
  await pass(1_000);
  assert.deepEqual(told, ["expired"]);
  endings.close();
});

test("F-46 a store that could not push is asked again whether it can", async () => {
  pushes = "fails";
  make();
  const stop = endings.watch(stored(), () => {});
  await pass(1_000);
  pushes = "yes";
  await pass(500);
  asked = 0;
  await pass(4_500);
  assert.equal(asked, 0);
  stop();
  assert.equal(stopped, 1, "nobody watches any more");
});

test("F-46 fifty look-ups are under way at once, and the next fifty follow", async () => {
  make();
  for (let n = 0; n < 120; n += 1) endings.watch(stored(), () => {});
  await turns();
  gate = Promise.withResolvers();
  await pass(500);
  // The first was alone when watching began.
  assert.equal(open, 50);
  gate.resolve();
  await turns(5);
  assert.deepEqual([open, asked], [0, 121]);
});

test("F-46 a thousand signals of ended sessions are remembered, the newest of them", () => {
  make();
  const ids = Array.from({ length: 1_001 }, () => stored());
  const signals = ids.map((id) => endings.signalOf(id));
  assert.equal(endings.signalOf(ids[0] ?? ""), signals[0], "one for all requests of a session");
  for (const id of ids) endings.tell(id, "logout");
  for (const signal of signals) {
    assert.ok(signal.reason instanceof SessionEnded);
    assert.deepEqual(
      [signal.reason.name, signal.reason.reason, signal.reason.message],
      ["SessionEnded", "logout", "the session ended: logout"],
    );
  }
  const [oldest = "", ...others] = ids;
  for (const [at, id] of others.entries()) assert.equal(endings.signalOf(id), signals[at + 1]);
  assert.equal(endings.signalOf(oldest).aborted, false);
});

test("F-46 once closed no listener is told of anything, and nothing is asked", async () => {
  make();
  const [first, second] = [stored(), stored()];
  const told: string[] = [];
  endings.watch(first, (reason) => told.push(reason));
  const signal = endings.signalOf(first);
  const gone = stored();
  endings.signalOf(gone);
  endings.tell(gone, "logout");
  assert.equal(endings.signalOf(gone).aborted, true);
  await pass(500);
  endings.close();
  asked = 0;
  endings.watch(second, (reason) => told.push(reason))();
  const late = endings.signalOf(second);
  for (const id of [first, second]) endings.tell(id, "logout");
  await pass(1_000);
  assert.notEqual(endings.signalOf(first), signal, "nothing is held any more");
  assert.notEqual(endings.signalOf(second), late, "nor is what came late");
  assert.equal(endings.signalOf(gone).aborted, false);
  assert.deepEqual([told, signal.aborted, late.aborted, asked, clock.sleeping], [[], false, false, 0, 0]);
});

test("F-46 between two lots of look-ups others have their turn", async () => {
  const slept: number[] = [];
  const real = clock;
  clock = {
    ...real,
    get sleeping() {
      return real.sleeping;
    },
    sleep(ms, signal) {
      slept.push(ms);
      return real.sleep(ms, signal);
    },
  };
  make();
  for (let n = 0; n < 120; n += 1) endings.watch(stored(), () => {});
  await turns();
  slept.length = 0;
  await pass(500);
  await turns(5);
  assert.deepEqual(slept, [0, 0, 500]);
});

for (const [name, row, after] of [
  ["with a token that nothing refreshes: with it", { tokenExpires: 2_000, renewAt: null }, 2_000],
  ["without a token: by itself", { tokenExpires: null, renewAt: null }, null],
  ["with a token that is refreshed: by itself", { tokenExpires: 2_000, renewAt: 1_000 }, null],
] as const) {
  test(`F-46 if sessions end with their token and the store pushes, one ${name}`, async () => {
    pushes = "yes";
    make(true);
    const now = clock.now();
    const tokenExpires = row.tokenExpires === null ? null : now + row.tokenExpires;
    const id = stored({ tokenExpires, renewAt: row.renewAt === null ? null : now + row.renewAt });
    let told: number | null = null;
    endings.watch(id, () => {
      told = clock.now() - now;
    });
    await turns();
    asked = 0;
    await pass(4_500);
    assert.deepEqual([told, asked], after === null ? [null, 0] : [after, 1]);
  });
}

test("F-46 the store is listened to while one of two sessions is watched; a new watch is told by it again", async () => {
  pushes = "yes";
  make();
  const [first, second] = [stored(), stored()];
  const told: string[] = [];
  const stop = endings.watch(first, () => told.push("first"), rows.get(first));
  const stopOther = endings.watch(second, () => told.push("second"), rows.get(second));
  await turns();
  stop();
  assert.deepEqual([listening.size, stopped], [1, 0]);
  stopOther();
  assert.deepEqual([listening.size, stopped], [0, 1]);
  endings.watch(first, (reason) => told.push(`again ${reason}`), rows.get(first));
  await turns();
  for (const listener of listening) listener({ id: first, reason: "admin" });
  assert.deepEqual([told, listening.size, stopped], [["again admin"], 0, 2]);
});

test("F-46 a session that was used while the store's answer was on its way is not said to be idle", async () => {
  make();
  const id = stored({ seen: clock.now() - 2 * HOUR + 700 });
  const told: string[] = [];
  endings.watch(id, (reason) => told.push(reason));
  await turns();
  gate = Promise.withResolvers();
  await pass(500);
  assert.equal(open, 1);
  rows.set(id, { ...(rows.get(id) ?? assert.fail("no row")), seen: clock.now() });
  clock.advance(400);
  gate.resolve();
  await pass(1_000);
  assert.deepEqual(told, []);
});
