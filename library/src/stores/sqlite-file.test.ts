import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { turns } from "../../test-support/event-loop.ts";
import { withPath } from "../../test-support/stores/sqlite-paths.ts";
import { CoatcheckError } from "../core/errors.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { Checkpointer } from "./sqlite/checkpointer.ts";
import { MIGRATIONS, openDatabase } from "./sqlite/schema.ts";
import { sqlite } from "./sqlite.ts";

const OPTIONS = { busyTimeout: 100, durability: "normal", mmap: 0 } as const;

const invalid = (message: RegExp) => (error: unknown) =>
  error instanceof CoatcheckError && error.code === "ERR_STORE_INVALID" && message.test(error.message);

/** Files are written in spite of their mode by root, so that root plays another user. */
function asOrdinaryUser(run: () => void): void {
  const root = process.getuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    run();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

test("the file, its log and its index are readable by their owner alone", () =>
  withPath(async (path, dir) => {
    const store = sqlite(path);
    await store.put(sampleRow(), "absent");
    for (const suffix of ["", "-wal", "-shm"]) assert.equal(statSync(path + suffix).mode & 0o777, 0o600, suffix);
    await store.close();
    assert.deepEqual(readdirSync(dir), ["sessions.db"]);
  }));

test("a file that is not a database is refused, and left as it was", () =>
  withPath((path) => {
    writeFileSync(path, "these are my notes\n".repeat(500));
    const before = readFileSync(path);
    assert.throws(() => sqlite(path), invalid(/sessions\.db is not a SQLite database\.$/));
    assert.deepEqual(readFileSync(path), before);
  }));

test("another application's database is refused, and left as it was", () =>
  withPath((path, dir) => {
    for (const setup of ["CREATE TABLE notes (text)", "PRAGMA application_id = 77", "PRAGMA user_version = 3"]) {
      rmSync(path, { force: true });
      const db = new DatabaseSync(path);
      db.exec(setup);
      db.close();
      const before = readFileSync(path);
      assert.throws(() => sqlite(path), invalid(/is another application's database; name a file of its own/));
      assert.deepEqual(readFileSync(path), before);
      assert.deepEqual(readdirSync(dir), ["sessions.db"]);
    }
  }));

test("a file of a newer version is refused, and read again by the release that wrote it", () =>
  withPath(async (path) => {
    const next = [...MIGRATIONS, "ALTER TABLE sessions ADD COLUMN colour TEXT"];
    openDatabase(path, OPTIONS, next).close();
    assert.throws(() => sqlite(path), invalid(/is of version 3, written by a newer release; this one reads up to 2/));
    openDatabase(path, OPTIONS, next).close();
  }));

test("missing steps are applied, and what is stored stays", () =>
  withPath(async (path) => {
    const row = sampleRow();
    const store = sqlite(path);
    await store.put(row, "absent");
    await store.close();
    const steps = ["ALTER TABLE sessions ADD COLUMN colour TEXT", "UPDATE sessions SET colour = 'red'"];
    const db = openDatabase(path, OPTIONS, [...MIGRATIONS, ...steps]);
    assert.deepEqual({ ...db.prepare("SELECT id, colour FROM sessions").get() }, { id: row.id, colour: "red" });
    assert.deepEqual({ ...db.prepare("PRAGMA user_version").get() }, { user_version: MIGRATIONS.length + 2 });
    db.close();
  }));

test("a step that fails changes nothing", () =>
  withPath(async (path) => {
    const row = sampleRow();
    const store = sqlite(path);
    await store.put(row, "absent");
    await store.close();
    const steps = ["UPDATE sessions SET body = 'half done'", "CREATE TABLE a (b); CREATE TABLE a (b)"];
    assert.throws(() => openDatabase(path, OPTIONS, [...MIGRATIONS, ...steps]), invalid(/cannot be used/));
    const again = sqlite(path);
    assert.deepEqual({ ...(await again.get(row.id)) }, row);
    await again.close();
  }));

test("a missing directory and a path that is no file are named", () =>
  withPath((path, dir) => {
    assert.throws(() => sqlite(join(dir, "none", "a.db")), invalid(/cannot be made: there is no directory .*none\.$/));
    mkdirSync(path);
    assert.throws(() => sqlite(path), invalid(/sessions\.db is not a file\.$/));
  }));

test("a file or directory that cannot be written is named", () =>
  withPath(async (path, dir) => {
    await sqlite(path).close();
    chmodSync(dir, 0o555);
    asOrdinaryUser(() => assert.throws(() => sqlite(join(dir, "new.db")), invalid(/new\.db cannot be made: EACCES/)));
    chmodSync(path, 0o444);
    asOrdinaryUser(() => assert.throws(() => sqlite(path), invalid(/sessions\.db (is not writable|cannot be opened)/)));
    chmodSync(path, 0o000);
    asOrdinaryUser(() => assert.throws(() => sqlite(path), invalid(/sessions\.db cannot be opened/)));
    chmodSync(dir, 0o755);
  }));

test("CR-02 OP-03 the file holds a row's columns and no more; what an ended session held is gone from it", () =>
  withPath(async (path) => {
    const row = sampleRow({
      owner: "canary-owner",
      issuer: "canary-issuer",
      sid: "canary-sid",
      lease: "canary-lease",
      body: "canary-body",
    });
    const store = sqlite(path);
    await store.put(row, "absent");
    await store.end({ id: row.id }, "logout", START);
    await store.close();
    const bytes = readFileSync(path, "latin1");
    assert.ok(bytes.includes(row.secretHash));
    assert.equal(bytes.includes("canary"), false);
  }));

test("the worker makes checkpoints: the log begins anew while much is written, and close leaves no log", () =>
  withPath(async (path, dir) => {
    const store = sqlite(path);
    const body = "x".repeat(4_000);
    const deadline = AbortSignal.timeout(30_000);
    // This connection makes no checkpoints of its own. A log that is not moved into the file grows by every write.
    for (let size = -1; size !== statSync(`${path}-wal`).size; ) {
      deadline.throwIfAborted();
      size = statSync(`${path}-wal`).size;
      await store.put(sampleRow({ body }), "absent");
      await turns();
    }
    assert.ok(statSync(path).size > 100_000);
    await store.close();
    assert.deepEqual(readdirSync(dir), ["sessions.db"]);
  }));

test("a worker that cannot start is told once, and closing goes on", () =>
  withPath(async (_path, dir) => {
    const causes: unknown[] = [];
    const failed = new Promise<void>((resolve) => {
      const checkpointer = new Checkpointer(join(dir, "none", "a.db"), (cause) => {
        causes.push(cause);
        checkpointer.wrote(1_000_000);
        resolve(checkpointer.close());
      });
      checkpointer.wrote(1_000_000);
    });
    await failed;
    assert.equal(causes.length, 1);
    assert.match(String(causes[0]), /unable to open database file/);
  }));

test("F-39 nothing is left in the file of a row larger than a page that ended, was replaced or expired", () =>
  withPath(async (path) => {
    const store = sqlite(path);
    const body = (word: string): string => JSON.stringify({ format: 1, text: word.padEnd(40, ".").repeat(1_000) });
    const words = ["canary-ended", "canary-replaced", "canary-expired"];
    const rows = words.map((word) => sampleRow({ body: body(word) }));
    const [ended, replaced, expired] = rows;
    assert.ok(ended !== undefined && replaced !== undefined && expired !== undefined);
    for (const row of rows) await store.put({ ...row, expires: row === expired ? START - 1 : row.expires }, "absent");
    // Rows that lie beside one another make pages that are given back as a whole.
    for (let index = 0; index < 500; index++) {
      await store.put(sampleRow({ body: body("canary-many").slice(0, 900), expires: START - 1 }), "absent");
    }
    await store.close();
    for (const word of [...words, "canary-many"]) assert.ok(readFileSync(path, "latin1").includes(word), word);
    const again = sqlite(path);
    await again.end({ id: ended.id }, "logout", START);
    await again.put({ ...replaced, version: 2, body: '{"format":1}' }, 1);
    assert.equal(await again.sweep(1_000, START), 501);
    await again.close();
    const bytes = readFileSync(path, "latin1");
    assert.deepEqual(bytes.match(/canary-\w+/g), null);
  }));
