import assert from "node:assert/strict";
import { syncBuiltinESMExports } from "node:module";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { withPath } from "../../../test-support/stores/sqlite-paths.ts";
import type { EndReason, SessionStore } from "../../contracts.ts";
import { HOUR, START, sampleRow } from "../../testing/store-suite/rows.ts";
import { sqlite } from "../sqlite.ts";
import { MIGRATIONS, openDatabase } from "./schema.ts";
import type { Ending, EndingSource } from "./watch.ts";
import { EndingWatcher } from "./watch.ts";

const OPTIONS = { busyTimeout: 100, durability: "normal", mmap: 0 } as const;

/** Timers go when the test says so, also those imported by name. */
function standStill(context: TestContext): void {
  context.mock.timers.enable({ apis: ["setInterval", "setImmediate"] });
  syncBuiltinESMExports();
  context.after(() => {
    context.mock.timers.reset();
    syncBuiltinESMExports();
  });
}

/** Resolves with the first `count` endings that the store tells. */
function heard(store: SessionStore, count: number): Promise<readonly (readonly [id: string, reason: EndReason])[]> {
  const told: [string, EndReason][] = [];
  return new Promise((resolve) => {
    const stop = store.watch?.(({ id, reason }) => {
      told.push([id, reason]);
      if (told.length < count) return;
      stop?.();
      resolve(told);
    });
  });
}

/** Endings that a test says, and how often they were asked for. */
function source(endings: Ending[] = []) {
  const state = { version: 1, versions: 0, asked: 0, broken: false, newest: 0 };
  const real: EndingSource = {
    dataVersion() {
      state.versions += 1;
      return state.version;
    },
    newest: () => Math.max(state.newest, endings.at(-1)?.number ?? 0),
    after(number, limit) {
      if (state.broken) throw new Error("the disk is on fire");
      state.asked += 1;
      return endings.filter((ending) => ending.number > number).slice(0, limit);
    },
  };
  return { state, endings, watcher: new EndingWatcher(real) };
}

const ending = (number: number): Ending => ({ number, id: `s${number}`, reason: "logout" });

test("a file of the version before stored endings is brought up to date; its sessions' endings are told", () =>
  withPath(async (path) => {
    const [first = ""] = MIGRATIONS;
    const old = openDatabase(path, OPTIONS, [first]);
    const row = sampleRow();
    old
      .prepare(
        "INSERT INTO sessions (id, secret_hash, version, kind, created, seen, expires, previous_until, body) VALUES (?, ?, 1, 'browser', ?, ?, ?, 0, ?)",
      )
      .run(row.id, row.secretHash, row.created, row.seen, row.expires, row.body);
    const store = sqlite(path);
    assert.deepEqual({ ...(await store.get(row.id)) }, row);
    const told = heard(store, 1);
    // The release from before goes on with the file it has open.
    old.prepare("UPDATE sessions SET ended = ?, reason = 'admin', version = 2, body = '' WHERE id = ?").run(START, row.id);
    assert.deepEqual(await told, [[row.id, "admin"]]);
    old.close();
    await store.close();
  }));

test("more endings than are told in one go are all told, in their order", () =>
  withPath(async (path) => {
    const [store, other] = [sqlite(path), sqlite(path)];
    const rows = Array.from({ length: 1_200 }, () => sampleRow({ owner: "o" }));
    for (const row of rows) await other.put(row, "absent");
    const told = heard(store, rows.length);
    const ended = await other.end({ owner: "o" }, "elsewhere", START);
    assert.deepEqual(
      (await told).map(([id]) => id),
      ended,
    );
    await Promise.all([store.close(), other.close()]);
  }));

test("SE-17 endings are swept in batches when every process has had time to read them", () =>
  withPath(async (path) => {
    const store = sqlite(path);
    const db = new DatabaseSync(path);
    const left = (): unknown => db.prepare("SELECT count(*) AS n FROM endings").get()?.["n"];
    for (let n = 0; n < 10; n += 1) {
      const row = sampleRow();
      await store.put(row, "absent");
      await store.end({ id: row.id }, "logout", START + n);
    }
    assert.equal(await store.sweep(4, START + 59_000), 0);
    assert.equal(left(), 10);
    assert.equal(await store.sweep(4, START + HOUR), 0);
    assert.equal(left(), 6);
    assert.equal(await store.sweep(4, START + 60_000), 0);
    assert.equal(left(), 6);
    await store.sweep(100, START + HOUR);
    assert.equal(left(), 0);
    const told = heard(store, 1);
    const row = sampleRow();
    await store.put(row, "absent");
    await store.end({ id: row.id }, "logout", START);
    assert.deepEqual(await told, [[row.id, "logout"]]);
    db.close();
    await store.close();
  }));

test("PX-05 endings that were swept before a process read them are a gap, all or some; others are none", (context) => {
  standStill(context);
  const { state, endings, watcher } = source([ending(7)]);
  const told: string[] = [];
  const missed = (): void => void told.push("gap");
  watcher.watch(({ id }) => told.push(id), missed);
  const look = (...more: readonly Ending[]): readonly string[] => {
    endings.push(...more);
    state.newest = Math.max(state.newest, endings.at(-1)?.number ?? 0);
    state.version += 1;
    context.mock.timers.tick(100);
    return told.splice(0);
  };
  assert.deepEqual(look(ending(8), ending(9)), ["s8", "s9"]);
  // The tenth came and went.
  assert.deepEqual(look(ending(11)), ["s11", "gap"]);
  endings.length = 0;
  assert.deepEqual(look(), [], "swept, and known");
  state.newest = 14;
  assert.deepEqual(look(), ["gap"], "12 to 14 came and went");
  assert.deepEqual(look(), []);
  assert.deepEqual(look(ending(15)), ["s15"]);
  watcher.watch(() => undefined, missed)();
  state.newest = 16;
  assert.deepEqual(look(), ["gap"], "who stopped is not told");
  watcher.close();
});

test("PX-05 a process that reads endings again after others swept them tells of the gap", (context) =>
  withPath(async (path) => {
    standStill(context);
    const [store, other] = [sqlite(path), sqlite(path)];
    const rows = Array.from({ length: 3 }, () => sampleRow());
    for (const row of rows) await other.put(row, "absent");
    const told: string[] = [];
    store.watch?.(
      ({ id }) => told.push(id),
      () => told.push("gap"),
    );
    const look = (): readonly string[] => {
      context.mock.timers.tick(100);
      return told.splice(0);
    };
    const [first = "", second = "", third = ""] = rows.map(({ id }) => id);
    await other.end({ id: first }, "logout", START);
    assert.deepEqual(look(), [first]);
    await other.end({ id: second }, "logout", START);
    await other.sweep(100, START + 60_001);
    assert.deepEqual(look(), ["gap"]);
    await other.end({ id: third }, "logout", START);
    assert.deepEqual(look(), [third]);
    await Promise.all([store.close(), other.close()]);
  }));

test("a file that fails throws nowhere, and what was not told meanwhile is told once it answers", (context) => {
  standStill(context);
  const { state, endings, watcher } = source();
  const told: string[] = [];
  const stop = watcher.watch(({ id }) => told.push(id));
  context.mock.timers.tick(100);
  state.broken = true;
  endings.push(ending(1));
  state.version += 1;
  context.mock.timers.tick(500);
  watcher.wrote();
  context.mock.timers.tick(1);
  assert.deepEqual(told, []);
  state.broken = false;
  context.mock.timers.tick(100);
  assert.deepEqual(told, ["s1"]);
  context.mock.timers.tick(1_000);
  assert.deepEqual(told, ["s1"]);
  stop();
});

test("endings are asked for after another's write, and not otherwise", (context) => {
  standStill(context);
  const { state, endings, watcher } = source([ending(1)]);
  const told: string[] = [];
  const stop = watcher.watch(({ id }) => told.push(id));
  context.mock.timers.tick(5_000);
  assert.equal(state.asked, 1);
  endings.push(ending(2), { number: 3, id: "s3", reason: null }, ending(4));
  watcher.wrote();
  watcher.wrote();
  context.mock.timers.tick(1);
  assert.deepEqual([state.asked, told], [2, ["s2", "s4"]]);
  state.version += 1;
  context.mock.timers.tick(1_000);
  assert.equal(state.asked, 3);
  stop();
  state.version += 1;
  watcher.wrote();
  context.mock.timers.tick(1_000);
  assert.equal(state.asked, 3);
});

test("nothing is asked before the first listener, nor after the last has stopped, nor after close", (context) => {
  standStill(context);
  const { state, watcher } = source([ending(1)]);
  const quiet = (): void => {
    const before = [state.asked, state.versions];
    state.version += 1;
    watcher.wrote();
    context.mock.timers.tick(1_000);
    assert.deepEqual([state.asked, state.versions], before);
  };
  quiet();
  const stops = [watcher.watch(() => {}), watcher.watch(() => {})];
  for (const stop of stops) stop();
  quiet();
  watcher.watch(() => {});
  context.mock.timers.tick(1_000);
  assert.equal(state.versions, 10);
  watcher.wrote();
  watcher.close();
  quiet();
});

for (const closes of [true, false]) {
  test(`a listener that ${closes ? "closes the store" : "stops itself"} is told no more`, async () => {
    const { endings, watcher } = source();
    const told: string[] = [];
    const stop = watcher.watch(({ id }) => {
      told.push(id);
      if (closes) watcher.close();
      else stop();
    });
    endings.push(ending(1), ending(2));
    watcher.wrote();
    await turns();
    assert.deepEqual(told, ["s1"]);
  });
}
