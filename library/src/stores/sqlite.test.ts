import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import type { SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
import { STATEMENTS } from "./sqlite/statements.ts";
import type { SqliteOptions } from "./sqlite.ts";
import { sqlite } from "./sqlite.ts";

type Options = Omit<SqliteOptions, "path">;

function made(options: Options = {}) {
  const folder = temporaryFolder("sqlite");
  const path = folder.file("sessions.db");
  const another = (): SessionStore => sqlite({ path, ...options });
  return { path, store: another(), another, dispose: () => folder[Symbol.dispose]() };
}

async function withStore(run: (made_: ReturnType<typeof made>) => unknown, options: Options = {}): Promise<void> {
  const one = made(options);
  try {
    await run(one);
  } finally {
    await one.store.close();
    one.dispose();
  }
}

const unavailable = (error: unknown): boolean =>
  error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE" && error.cause instanceof Error;

storeSuite("sqlite", { make: () => made() });
storeSuite("sqlite with cached rows", { make: () => made({ cacheRows: 8 }) });
storeSuite("sqlite, durable in full", { make: () => made({ durability: "full", mmap: 0 }), rows: 20 });

test("sqlite answers with values, never with promises", () =>
  withStore(({ store }) => {
    const row = sampleRow({ owner: "o" });
    const answers = [
      store.put(row, "absent"),
      store.get(row.id),
      store.touch(row.id, START),
      store.list({ owner: "o" }, 1, START),
      store.end({ owner: "o" }, "admin", START),
      store.mark("k", START + 1, START),
      store.marked("k", START),
      store.sweep(1, START),
    ];
    for (const answer of answers) assert.equal(answer instanceof Promise, false);
  }));

test("sqlite keeps rows and markers when it is closed and opened again", () =>
  withStore(async ({ store, another }) => {
    const row = sampleRow({ owner: "o" });
    await store.put(row, "absent");
    await store.mark("k", START + 1, START, "v");
    await store.close();
    const again = another();
    assert.deepEqual({ ...(await again.get(row.id)) }, row);
    assert.equal(await again.marked("k", START), "v");
    await again.close();
  }));

test("every statement searches by an index", () =>
  withStore(async ({ path, store }) => {
    await store.list({ renewBefore: START }, 1, START);
    const db = new DatabaseSync(path);
    for (const [name, sql] of Object.entries(STATEMENTS)) {
      if (name === "dataVersion") continue;
      const slots = Array.from(sql.matchAll(/\?/g), () => null);
      const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...slots);
      for (const { detail } of steps) assert.doesNotMatch(String(detail), /SCAN|TEMP B-TREE/, name);
    }
    db.close();
  }));

test("SE-16 a writer that holds the file for too long: 503 after a bounded wait; reads go on; it recovers", () =>
  withStore(
    async ({ path, store }) => {
      const row = sampleRow({ owner: "o" });
      await store.put(row, "absent");
      const holder = new DatabaseSync(path);
      holder.exec("BEGIN IMMEDIATE");
      const calls = [
        () => store.put(sampleRow(), "absent"),
        () => store.put({ ...row, version: 2 }, 1),
        () => store.touch(row.id, START + 1),
        () => store.end({ owner: "o" }, "logout", START),
        () => store.mark("k", START + 1, START),
        () => store.sweep(10, START + 1_000 * HOUR),
      ];
      for (const call of calls) assert.throws(call, unavailable);
      assert.deepEqual({ ...(await store.get(row.id)) }, row);
      assert.equal(await store.marked("k", START), undefined);
      holder.exec("ROLLBACK");
      holder.close();
      assert.equal(await store.touch(row.id, START + 1), true);
    },
    { busyTimeout: 20 },
  ));

test("S-05 a lock that stands is waited for once: writes behind it are told at once, until one succeeds", () =>
  withStore(
    async ({ store, path }) => {
      const row = sampleRow();
      await store.put(row, "absent");
      const holder = new DatabaseSync(path);
      holder.exec("BEGIN IMMEDIATE");
      const waited = (): number => {
        const before = performance.now();
        assert.throws(() => store.touch(row.id, START), { code: "ERR_STORE_UNAVAILABLE" });
        return performance.now() - before;
      };
      const first = waited();
      const others = Array.from({ length: 10 }, waited);
      // What is compared are waits of one run, not a speed: the usual one of ten that are told at once against one that
      // waits.
      const usual = others.toSorted((a, b) => a - b)[5] ?? first;
      assert.ok(usual < first / 2, `${first} ms, then ${others.join(", ")} ms`);
      holder.exec("ROLLBACK");
      assert.equal(await store.touch(row.id, START + 1), true);
      holder.exec("BEGIN IMMEDIATE");
      assert.ok(waited() > 200, "the busy timeout is back");
      holder.exec("ROLLBACK");
      holder.close();
    },
    { busyTimeout: 400 },
  ));

test("cached rows are exact: what another connection writes is in the next get", () =>
  withStore(
    async ({ store, another }) => {
      const other = another();
      const row = sampleRow();
      await store.put(row, "absent");
      const first = await store.get(row.id);
      assert.equal(await store.get(row.id), first);
      await other.touch(row.id, START + 9);
      assert.equal((await store.get(row.id))?.seen, START + 9);
      await other.end({ id: row.id }, "admin", START);
      assert.equal((await store.get(row.id))?.reason, "admin");
      await other.sweep(10, START + 1_000 * HOUR);
      assert.equal(await store.get(row.id), undefined);
      await other.close();
    },
    { cacheRows: 10 },
  ));

test("S-50 a hundred thousand expired rows go in batches; those that live stay", () =>
  withStore(async ({ path, store }) => {
    const db = new DatabaseSync(path);
    db.exec(`BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      INSERT INTO sessions (id, secret_hash, version, kind, owner, created, seen, expires, previous_until, body)
      SELECT printf('%08x', i) || hex(randomblob(7)), 'h', 1, 'browser', 'o' || i, ${START}, ${START}, ${START} + i, 0, 'b' FROM n; COMMIT`);
    db.close();
    const batches: number[] = [];
    for (let deleted = 1; deleted > 0; ) {
      deleted = await store.sweep(4_000, START + 90_001);
      batches.push(deleted);
    }
    assert.deepEqual(batches, [...Array(22).fill(4_000), 2_000, 0]);
    const [newest] = await store.list({ owner: "o90001" }, 1, START);
    assert.equal(newest?.expires, START + 90_001);
    assert.equal(await store.sweep(20_000, START + HOUR), 10_000);
  }));

test("sqlite refuses options that mean nothing", () => {
  const bad: (string | SqliteOptions)[] = ["", ":memory:", "a\0b", { path: "x", busyTimeout: -1 }, { path: "x", cacheRows: 1.5 }];
  for (const options of bad) assert.throws(() => sqlite(options), TypeError);
});
