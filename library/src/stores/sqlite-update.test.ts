import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { Arbitrary } from "fast-check";
import { array, asyncProperty, assert as check, constant, constantFrom, integer, oneof, record } from "fast-check";
import { withPath } from "../../test-support/stores/sqlite-paths.ts";
import type { SessionRow } from "../contracts.ts";
import { freshId, HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";
import { insertRow, updateRow } from "./sqlite/row.ts";
import { openDatabase } from "./sqlite/schema.ts";
import { prepareAll, STATEMENTS } from "./sqlite/statements.ts";
import { sqlite } from "./sqlite.ts";

/** The indexes that a statement looks rows up in. */
function indexesUsed(path: string, statement: string): readonly string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...Array<null>(statement.split("?").length - 1).fill(null));
  db.close();
  return steps.flatMap(({ detail }) => /USING (?:COVERING )?INDEX (\w+)/.exec(String(detail))?.[1] ?? []);
}

/** The indexes whose entries a statement writes. */
function indexesWritten(path: string, statement: string): readonly string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const steps = db.prepare(`EXPLAIN ${statement}`).all(...Array<null>(statement.split("?").length - 1).fill(null));
  const roots = new Map(
    db
      .prepare("SELECT rootpage, name FROM sqlite_master")
      .all()
      .map((one) => [one["rootpage"], one["name"]]),
  );
  const opened = new Map(steps.filter(({ opcode }) => opcode === "OpenWrite").map(({ p1, p2 }) => [p1, roots.get(p2 ?? null)]));
  const written = steps.filter(({ opcode }) => opcode === "IdxInsert" || opcode === "IdxDelete");
  db.close();
  return [...new Set(written.map(({ p1 }) => String(opened.get(p1 ?? null))))].toSorted();
}

test("F-71 a lease and refreshed tokens are written to their row alone", () =>
  withPath(async (path) => {
    await sqlite(path).close();
    assert.deepEqual(indexesWritten(path, STATEMENTS.updateLeased), []);
    assert.deepEqual(indexesWritten(path, STATEMENTS.updateRefreshed), []);
    assert.deepEqual(indexesWritten(path, STATEMENTS.update), ["sessions_expires", "sessions_owner", "sessions_sid"]);
  }));

test("F-71 what is due is indexed from its first list on, for every process, and so are refreshed tokens", () =>
  withPath(async (path) => {
    const others = sqlite(path);
    const store = sqlite(path);
    const row = sampleRow({ renewAt: START, expires: START + HOUR });
    await store.put(row, "absent");
    const due = async (by: typeof store) => (await by.list({ renewBefore: START + 1 }, 10, START)).map(({ id }) => id);
    assert.deepEqual(await due(store), [row.id]);
    assert.deepEqual(indexesUsed(path, STATEMENTS.listDue), ["sessions_renew"]);
    const next = { ...row, version: row.version + 1, renewAt: START + 2 };
    assert.equal(await others.put(next, row.version), true);
    assert.deepEqual([await due(store), await due(others)], [[], []]);
    await store.close();
    await others.close();
    assert.deepEqual(indexesWritten(path, STATEMENTS.updateLeased), []);
    assert.deepEqual(indexesWritten(path, STATEMENTS.updateRefreshed), ["sessions_renew"]);
    assert.deepEqual(indexesWritten(path, STATEMENTS.update), [
      "sessions_expires",
      "sessions_owner",
      "sessions_renew",
      "sessions_sid",
    ]);
  }));

test("F-71 a lease and refreshed tokens count for as many pages as they add to the log", () =>
  withPath((path) => {
    const db = openDatabase(path, { busyTimeout: 100, durability: "normal", mmap: 0 });
    const sql = prepareAll(db);
    const frames = (): number => Number(db.prepare("PRAGMA wal_checkpoint(NOOP)").get()?.["log"]);
    for (const length of [10, 2_100, 3_500, 5_000, 9_000]) {
      const row = sampleRow({ body: "b".repeat(length), sid: null });
      insertRow(sql, row);
      const before = frames();
      const leased = updateRow(sql, { ...row, version: 2, lease: "lease" }, 1);
      const refreshed = updateRow(sql, { ...row, version: 3, lease: null, renewAt: START, body: "c".repeat(length) }, 2);
      assert.deepEqual([leased.changes, refreshed.changes], [1, 1]);
      assert.equal(leased.pages + refreshed.pages, frames() - before, `${length}`);
    }
    db.close();
  }));

const ID = freshId(START + HOUR);
/** Most changes are of few columns, in whatever of them. */
const some = <T>(...values: readonly T[]): Arbitrary<T | undefined> =>
  oneof({ weight: 4, arbitrary: constant(undefined) }, { weight: 1, arbitrary: constantFrom(...values) });
const step = record({
  owner: some("alice", "bob", null),
  issuer: some("https://a.test", "https://b.test", null),
  sid: some("1", "2", null),
  secretHash: some("one", "two"),
  previousHash: some("one", null),
  previousUntil: some(0, START + 5),
  created: some(START - 5, START),
  seen: some(START - 1, START, START + 1),
  expires: some(START + HOUR, START + 2 * HOUR),
  renewAt: some(START + 1, START + 2, null),
  tokenExpires: some(START + 3, null),
  lease: some("lease", null),
  body: some("{}", '{"more":1}'),
  kind: some("user", "token"),
  /** How many versions the writer is behind. */
  behind: oneof({ weight: 6, arbitrary: constant(0) }, { weight: 1, arbitrary: integer({ min: 1, max: 2 }) }),
});

const known = <T>(value: T | undefined, before: T): T => (value === undefined ? before : value);

test("F-71 whatever a write changes, row and lists are as written; one of an older version changes nothing", () =>
  withPath((path) =>
    check(
      asyncProperty(
        array(step, { minLength: 1, maxLength: 20 }),
        constantFrom(ID, "an-id-of-another-shape"),
        async (steps, named) => {
          const store = sqlite(path);
          const first = sampleRow({ id: named, expires: START + HOUR });
          let row: SessionRow = { ...first, version: 1 };
          await store.put(row, "absent");
          for (const { behind, ...changes } of steps) {
            const next: SessionRow = {
              ...row,
              version: row.version + 1,
              owner: known(changes.owner, row.owner),
              issuer: known(changes.issuer, row.issuer),
              sid: known(changes.sid, row.sid),
              secretHash: known(changes.secretHash, row.secretHash),
              previousHash: known(changes.previousHash, row.previousHash),
              previousUntil: known(changes.previousUntil, row.previousUntil),
              created: known(changes.created, row.created),
              seen: known(changes.seen, row.seen),
              expires: known(changes.expires, row.expires),
              renewAt: known(changes.renewAt, row.renewAt),
              tokenExpires: known(changes.tokenExpires, row.tokenExpires),
              lease: known(changes.lease, row.lease),
              body: known(changes.body, row.body),
              kind: known(changes.kind, row.kind) === "token" ? "token" : row.kind,
            };
            assert.equal(await store.put(next, row.version - behind), behind === 0);
            // What was seen never goes back.
            if (behind === 0) row = { ...next, seen: Math.max(next.seen, row.seen) };
            assert.deepEqual({ ...(await store.get(named)) }, row);
            for (const owner of ["alice", "bob"]) {
              assert.equal((await store.list({ owner }, 10, START)).length, row.owner === owner ? 1 : 0);
            }
            for (const sid of ["1", "2"]) {
              const found = await store.list({ issuer: "https://a.test", sid }, 10, START);
              assert.equal(found.length, row.sid === sid && row.issuer === "https://a.test" ? 1 : 0);
            }
            const due = await store.list({ renewBefore: START + 2 }, 10, START);
            assert.equal(due.length, row.renewAt !== null && row.renewAt < START + 2 ? 1 : 0);
          }
          await store.close();
          rmSync(path, { force: true });
          for (const ending of ["-wal", "-shm"]) rmSync(`${path}${ending}`, { force: true });
        },
      ),
      { numRuns: 60 },
    ),
  ));
