import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import type { AuditEvent, EndReason, SessionRow, SessionStore } from "../../contracts.ts";
import { sessionPolicy } from "../../core/policy.ts";
import { memory } from "../../stores/memory.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import { createBackground, type DrainableBackground } from "./background.ts";
import { Endings } from "./endings.ts";

const [IDLE, LIFETIME] = [60_000, 150_000];

let clock: ManualClock;
let store: SessionStore;
let events: AuditEvent[];
let background: DrainableBackground;
let endings: Endings;
/** How often the store was asked for a row. */
let asked: number;

beforeEach(() => {
  clock = manualClock();
  store = memory();
  events = [];
  background = createBackground((event) => events.push(event));
  endings = make();
});

afterEach(async () => {
  endings.close();
  await background.drain();
  await store.close();
});

/** On a store that cannot push. */
function make(endsWithToken = false): Endings {
  const policy = sessionPolicy({ idle: IDLE, lifetime: LIFETIME }, endsWithToken);
  asked = 0;
  const get = (id: string) => {
    asked += 1;
    return store.get(id);
  };
  return new Endings({ store: overStore(store, { get }), clock, policy, background });
}

async function stored(changes: Partial<SessionRow> = {}): Promise<string> {
  const now = clock.now();
  const row = sampleRow({ owner: "alice", created: now, seen: now, expires: now + LIFETIME, ...changes });
  await store.put(row, "absent");
  return row.id;
}

/** A tick, with the pauses between its lots of look-ups. */
async function tick(): Promise<void> {
  await turns();
  clock.advance(500);
  await turns(25);
}

test("a session that is watched no more asks the store for nothing; one with another watcher goes on", async () => {
  const id = await stored();
  const told: string[] = [];
  const listener = (): void => void told.push("one of two");
  const stop = endings.watch(id, listener);
  const stopOther = endings.watch(id, listener);
  await tick();
  stop();
  stop();
  asked = 0;
  await tick();
  assert.equal(asked, 1);
  stopOther();
  await turns();
  assert.equal(clock.sleeping, 0);
  await tick();
  assert.equal(asked, 1);
  endings.watch(id, () => told.push("third"));
  await store.end({ id }, "logout", clock.now());
  await tick();
  await tick();
  assert.deepEqual([told, clock.sleeping], [["third"], 0]);
});

test("a listener is called once, and never before it can be stopped", async () => {
  const id = await stored();
  await store.end({ id }, "logout", clock.now());
  const told: EndReason[] = [];
  const stop = endings.watch(id, (reason) => told.push(reason));
  assert.equal(told.length, 0);
  stop();
  await tick();
  assert.equal(told.length, 0);
  endings.watch(id, (reason) => told.push(reason));
  endings.tell(id, "admin");
  endings.tell(id, "admin");
  await tick();
  assert.deepEqual(told, ["admin"]);
});

test("a listener that throws keeps nothing from the others or from who ended the session, and is reported", async () => {
  const id = await stored();
  const told: string[] = [];
  endings.watch(id, () => {
    throw new Error("a listener's own");
  });
  endings.watch(id, (reason) => told.push(reason));
  endings.tell(id, "admin");
  assert.deepEqual(told, ["admin"]);
  await turns();
  assert.deepEqual(
    events.map(({ name, error }) => [name, String(error)]),
    [["background.failed", "Error: a listener's own"]],
  );
});

test("of more sessions than one tick asks for each has its turn, and those that ran out come first", async () => {
  const told = new Map<string, EndReason>();
  const ids: string[] = [];
  for (let n = 0; n < 2_500; n += 1) {
    const id = await stored({ seen: clock.now() - (n >= 2_000 ? IDLE - 3_000 : 0) });
    ids.push(id);
    endings.watch(id, (reason) => told.set(id, reason));
  }
  for (let n = 0; n < 4; n += 1) await tick();
  assert.deepEqual([told.size, asked], [0, 1 + 4 * 1_000]);
  clock.advance(1_500);
  await tick();
  assert.equal(told.size, 500);
  await store.end({ owner: "alice" }, "elsewhere", clock.now());
  for (let n = 0; n < 2; n += 1) await tick();
  assert.deepEqual(
    ids.map((id) => told.get(id)),
    ids.map((_, n) => (n < 2_000 ? "elsewhere" : "idle")),
  );
});

test("a session that ends with its access token is heard of when that expires; a refreshable one is not", async () => {
  endings.close();
  endings = make(true);
  const tokenExpires = clock.now() + 10_000;
  const told: string[] = [];
  endings.watch(await stored({ tokenExpires }), (reason) => told.push(`bound ${reason}`));
  endings.watch(await stored({ tokenExpires, renewAt: tokenExpires }), (reason) => told.push(`renewed ${reason}`));
  for (let n = 0; n < 19; n += 1) await tick();
  assert.deepEqual(told, []);
  for (let n = 0; n < 2; n += 1) await tick();
  assert.deepEqual(told, ["bound expired"]);
});
