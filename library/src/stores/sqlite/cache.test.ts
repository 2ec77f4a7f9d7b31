import assert from "node:assert/strict";
import { StatementSync } from "node:sqlite";
import { test } from "node:test";
import { array, asyncProperty, assert as check, constantFrom, record } from "fast-check";
import { withPath } from "../../../test-support/stores/sqlite-paths.ts";
import type { SessionRow } from "../../contracts.ts";
import { ROW_COLUMNS } from "../../core/row-columns.ts";
import { freshId, HOUR, START, sampleRow } from "../../testing/store-suite/rows.ts";
import { sqlite } from "../sqlite.ts";
import { SAME_COLUMNS } from "./statements.ts";

test("F-71 a cached row that gets a lease and then new tokens is not read again", (context) =>
  withPath((path) => {
    const store = sqlite({ path, cacheRows: 8 });
    const row = sampleRow({ seen: START + 9 });
    store.put(row, "absent");
    assert.deepEqual({ ...store.get(row.id) }, row);
    let reads = 0;
    const { get } = StatementSync.prototype;
    const count = context.mock.method(StatementSync.prototype, "get", function (this: StatementSync, ...values: unknown[]) {
      if (this.sourceSQL.includes("FROM sessions")) reads += 1;
      return Reflect.apply(get, this, values);
    });
    const leased = { ...row, version: row.version + 1, lease: "lease" };
    assert.equal(store.put(leased, row.version), true);
    assert.deepEqual({ ...store.get(row.id) }, leased);
    // It was seen later than the refreshing request knows.
    const refreshed = { ...leased, version: leased.version + 1, lease: null, renewAt: START + HOUR, body: "{}", seen: START };
    assert.equal(store.put(refreshed, leased.version), true);
    const stored = store.get(row.id);
    assert.deepEqual({ ...stored }, { ...refreshed, seen: row.seen });
    assert.equal(store.get(row.id), stored);
    assert.equal(reads, 0);
    count.mock.restore();
    store.close();
  }));

test("F-71 a cached row of which any other column is written is read again", () =>
  withPath((path) => {
    const cached = sqlite({ path, cacheRows: 8 });
    const other = sqlite(path);
    for (const name of SAME_COLUMNS) {
      const row = sampleRow({ issuer: "https://id.test", sid: "1", previousHash: "p" });
      cached.put(row, "absent");
      assert.deepEqual({ ...cached.get(row.id) }, row);
      const value = name === "kind" ? "token" : ROW_COLUMNS[name].type === "integer" ? START + 7 : "\ud800";
      const next: SessionRow = { ...row, version: row.version + 1, [name]: value };
      assert.equal(cached.put(next, row.version), true);
      assert.notDeepEqual({ ...cached.get(row.id) }, { ...row, version: next.version }, name);
      assert.deepEqual(cached.get(row.id), other.get(row.id), name);
    }
    cached.close();
    other.close();
  }));

const step = record({
  by: constantFrom("cached", "other"),
  does: constantFrom("get", "refresh", "refresh", "touch", "conflict", "move", "end"),
  text: constantFrom("{}", "\ud800", "a\0b", "é"),
  seen: constantFrom(START - 1, START, START + 1),
  of: constantFrom(0, 1, 2),
});

test("F-71 whatever is written, by whom, a store with a cache returns what one without reads", () =>
  check(
    asyncProperty(array(step, { maxLength: 40 }), (steps) =>
      withPath((path) => {
        const cached = sqlite({ path, cacheRows: 4 });
        const other = sqlite(path);
        const rows = [0, 1, 2].map(() => sampleRow({ id: freshId(START + HOUR), expires: START + HOUR }));
        for (const row of rows) other.put(row, "absent");
        for (const { by, does, text, seen, of } of steps) {
          const store = by === "cached" ? cached : other;
          const id = rows[of]?.id ?? "";
          const row = store.get(id);
          assert.ok(row !== undefined && !(row instanceof Promise));
          const next: SessionRow = { ...row, version: row.version + 1, seen, body: text, lease: text, renewAt: seen };
          if (does === "refresh") store.put(next, row.version);
          if (does === "conflict") store.put(next, row.version - 1);
          if (does === "move") store.put({ ...next, owner: text }, row.version);
          if (does === "touch") store.touch(id, seen);
          if (does === "end") store.end({ id }, "admin", START);
          for (const known of rows) assert.deepEqual(cached.get(known.id), other.get(known.id));
        }
        cached.close();
        other.close();
      }),
    ),
    { numRuns: 40 },
  ));
