import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { withPath } from "../../../test-support/stores/sqlite-paths.ts";
import type { SessionRow, SessionStore } from "../../contracts.ts";
import { freshId, HOUR, START, sampleRow } from "../../testing/store-suite/rows.ts";
import { sqlite } from "../sqlite.ts";
import { lastPlaceOfEnd, placeOf, placeOfEnd } from "./place.ts";
import { cellsOf } from "./rows.ts";
import { openDatabase } from "./schema.ts";
import { STATEMENTS } from "./statements.ts";

function rowids(path: string): ReadonlyMap<string, number> {
  const db = new DatabaseSync(path, { readOnly: true });
  const found = db.prepare("SELECT id, rowid FROM sessions ORDER BY rowid").all();
  db.close();
  return new Map(found.map(({ id, rowid }) => [String(id), Number(rowid)]));
}

async function holds(store: SessionStore, row: SessionRow): Promise<void> {
  assert.deepEqual({ ...(await store.get(row.id)) }, row);
}

test("F-60 rows that end together lie together, whenever written, and each is read where its id says", () =>
  withPath(async (path) => {
    const store = sqlite(path);
    const hours = [7, 2, 9, 4, 1, 8, 3, 6, 5];
    const rows = hours.map((hour) => sampleRow({ expires: START + hour * HOUR }));
    for (const row of rows) assert.equal(await store.put(row, "absent"), true);
    for (const row of rows) await holds(store, row);
    const places = rowids(path);
    assert.deepEqual(
      [...places.keys()],
      rows.toSorted((a, b) => a.expires - b.expires).map(({ id }) => id),
    );
    for (const { id } of rows) assert.equal(places.get(id), placeOf(id));
    const db = new DatabaseSync(path, { readOnly: true });
    const [step] = db.prepare(`EXPLAIN QUERY PLAN ${STATEMENTS.usual}`).all(null, null);
    assert.match(String(step?.["detail"]), /USING INTEGER PRIMARY KEY \(rowid=\?\)$/);
    db.close();
    await store.close();
  }));

test("F-60 a row whose place is taken by another lies elsewhere, and is as good", () =>
  withPath(async (path) => {
    const store = sqlite(path);
    const first = sampleRow();
    const bytes = Buffer.from(first.id, "base64url");
    const others = [1, 2, 3].map((change) => {
      bytes.writeUInt8(change, 15);
      return sampleRow({ id: bytes.toString("base64url"), owner: "o" });
    });
    for (const { id } of others) assert.equal(placeOf(id), placeOf(first.id));
    for (const row of [first, ...others]) {
      assert.equal(await store.put(row, "absent"), true);
      assert.equal(await store.put({ ...row, body: "{}" }, "absent"), false);
    }
    for (const row of [first, ...others]) await holds(store, row);
    const [other] = others;
    assert.ok(other !== undefined);
    assert.equal(await store.touch(other.id, START + 1), true);
    await holds(store, { ...other, seen: START + 1 });
    assert.equal((await store.end({ owner: "o" }, "admin", START)).length, 3);
    await holds(store, first);
    assert.equal(await store.sweep(10, START + 1_000 * HOUR), 4);
    assert.equal(await store.get(first.id), undefined);
    await store.close();
  }));

test("F-60 rows of an older release, without a place, are read, written, counted and swept among new ones", () =>
  withPath(async (path) => {
    const old = Array.from({ length: 3 }, (_, n) => sampleRow({ expires: START + (3 - n) * HOUR, owner: "o" }));
    const db = openDatabase(path, { busyTimeout: 100, durability: "normal", mmap: 0 });
    const insert = db.prepare(STATEMENTS.insert);
    for (const row of old) insert.run(...cellsOf(row));
    const store = sqlite(path);
    const young = sampleRow({ expires: START + 2 * HOUR, owner: "o" });
    await store.put(young, "absent");
    // It goes on beside this one.
    const late = sampleRow({ expires: START + 2 * HOUR, owner: "o" });
    insert.run(...cellsOf(late));
    db.close();
    const all = [...old, young, late];
    for (const row of all) {
      await holds(store, row);
      assert.equal(await store.put(row, "absent"), false);
      assert.equal(await store.put({ ...row, version: 2 }, 1), true);
      await holds(store, { ...row, version: 2 });
    }
    assert.deepEqual(await store.survey?.(0, 100, START, 0), { deleted: 0, live: 5, dead: 0, next: null });
    assert.equal((await store.list({ owner: "o" }, 10, START)).length, 5);
    assert.equal(await store.sweep(10, START + 3 * HOUR), 4);
    assert.deepEqual([...rowids(path).keys()], [old[0]?.id]);
    await store.close();
  }));

test("F-60 of rows that expired in one minute those that lie first go first, and no live row with them", () =>
  withPath(async (path) => {
    const store = sqlite(path);
    const minute = Math.ceil(START / 64_000) * 64_000;
    const due = Array.from({ length: 100 }, (_, n) => sampleRow({ id: freshId(minute), expires: minute + n }));
    // Where those lie, but not due: of the same end by their ids, or in a place of its own for what ended long ago.
    const stays = Array.from({ length: 20 }, (_, n) => sampleRow({ id: freshId(minute), expires: minute + 200 + n }));
    const astray = sampleRow({ id: freshId(minute + HOUR), expires: minute + 50 });
    for (const row of [...stays, ...due, astray]) await store.put(row, "absent");
    const inOrder = due.toSorted((a, b) => placeOf(a.id) - placeOf(b.id));
    const now = minute + 150;
    assert.equal(await store.sweep(40, now), 40);
    for (const [at, { id }] of inOrder.entries()) assert.equal((await store.get(id)) === undefined, at < 40, String(at));
    assert.equal(await store.sweep(40, now), 40);
    assert.equal(await store.sweep(40, now), 21);
    assert.equal(await store.sweep(40, now), 0);
    assert.deepEqual(new Set(rowids(path).keys()), new Set(stays.map(({ id }) => id)));
    await store.close();
  }));

test("F-60 rows that expire at another time than their ids say are swept in full batches", () =>
  withPath(async (path) => {
    const store = sqlite(path);
    const rows = Array.from({ length: 90 }, (_, n) => sampleRow({ id: freshId(START + n * HOUR), expires: START + 90 - n }));
    const live = sampleRow({ id: freshId(START), expires: START + HOUR });
    for (const row of [...rows, live]) await store.put(row, "absent");
    const batches = [40, 40, 40].map((limit) => store.sweep(limit, START + 200));
    assert.deepEqual(batches, [40, 40, 10]);
    assert.deepEqual([...rowids(path).keys()], [live.id]);
    await store.close();
  }));

test("F-60 a place is an integer below 2^52, larger the later the session ends, and 0 for a foreign id", () => {
  const ends = [0, 64, 1_000_000_000, 1_780_000_000, 2 ** 31, 2 ** 32 - 1].map((seconds) => seconds * 1_000);
  const places = ends.map((end) => placeOf(freshId(end)));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  for (const place of places) assert.ok(Number.isSafeInteger(place) && place >= 0 && place < 2 ** 52, String(place));
  for (const end of ends) {
    for (let n = 0; n < 10; n++) {
      const place = placeOf(freshId(end));
      assert.ok(placeOfEnd(end) <= place && place <= lastPlaceOfEnd(end), `${place} ${end}`);
    }
  }
  assert.equal(lastPlaceOfEnd(Number.MAX_SAFE_INTEGER), 2 ** 52 - 1);
  assert.equal(placeOfEnd(-1), 0);
  assert.equal(placeOf("_".repeat(22)), 2 ** 52 - 1);
  assert.equal(placeOf("AAAAABBBBBBAAAAAAAAAAA"), (1 << 24) + (1 << 18) + (1 << 12) + (1 << 6) + 1);
  for (const id of ["", "x", "a".repeat(21), "a".repeat(23), `é${"a".repeat(21)}`, `aaaa.${"a".repeat(17)}`]) {
    assert.equal(placeOf(id), 0, id);
  }
});
