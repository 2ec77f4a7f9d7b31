/** F-11, F-39: a copy that is put in a database's place, beside the log of the one before. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freshPaths } from "../../../../test-support/stores/sqlite-paths.ts";
import { sampleRow } from "../../../testing/store-suite/rows.ts";
import { sqlite } from "../../sqlite.ts";

const fresh = freshPaths();
const STORE = fileURLToPath(new URL("../../sqlite.ts", import.meta.url));

/**
 * A process that keeps rows in the file, makes a copy of it, writes on, and dies at once: what it wrote last is in the
 * log.
 */
function killedAfterBackup(path: string): void {
  const row = JSON.stringify(sampleRow({ body: "x".repeat(600), expires: Date.now() + 86_400_000 }));
  const code = `
    const { sqlite } = await import(${JSON.stringify(STORE)});
    const { DatabaseSync } = await import("node:sqlite");
    const store = sqlite(${JSON.stringify(path)});
    const put = (from, to) => { for (let n = from; n < to; n++) store.put({ ...${row}, id: "id" + n }, "absent"); };
    put(0, 200);
    new DatabaseSync(${JSON.stringify(path)}).exec("VACUUM INTO '${path}.copy'");
    put(200, 600);
    process.kill(process.pid, "SIGKILL");`;
  const died = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", code]);
  assert.equal(died.signal, "SIGKILL", died.stderr.toString());
  assert.ok(statSync(`${path}-wal`).size > 100_000);
}

test("F-11 a copy in the place of a database beside its log is refused with what to do, and kept", async () => {
  const path = fresh();
  killedAfterBackup(path);
  renameSync(`${path}.copy`, path);
  const before = readFileSync(path);
  const log = readFileSync(`${path}-wal`);
  const told = {
    code: "ERR_STORE_INVALID",
    message: /is not the file that .*-wal belongs to\. If a copy was put in its place, delete .*-wal and .*-shm; if all/,
  };
  for (let time = 0; time < 2; time += 1) assert.throws(() => sqlite(path), told);
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(readFileSync(`${path}-wal`), log);
  for (const part of ["wal", "shm"]) rmSync(`${path}-${part}`, { force: true });
  const store = sqlite(path);
  assert.notEqual(await store.get("id199"), undefined);
  assert.equal(await store.get("id200"), undefined);
  await store.close();
});

test("F-11 after a crash the log is the file's own, and nothing is lost", async () => {
  const path = fresh();
  killedAfterBackup(path);
  const store = sqlite(path);
  assert.notEqual(await store.get("id599"), undefined);
  await store.close();
});

test("F-11 all of it copied elsewhere after a crash: refused, until the log is written into it as told", async () => {
  const from = fresh();
  const path = fresh();
  killedAfterBackup(from);
  for (const part of ["", "-wal", "-shm"]) copyFileSync(`${from}${part}`, `${path}${part}`);
  assert.throws(() => sqlite(path), { code: "ERR_STORE_INVALID" });
  const db = new DatabaseSync(path);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
  const store = sqlite(path);
  assert.notEqual(await store.get("id599"), undefined);
  await store.close();
});

test("F-11 a whole copy is taken, and knows its place from then on: while open elsewhere, or after a crash", async () => {
  const from = fresh();
  const path = fresh();
  const first = sqlite(from);
  first.put(sampleRow({ id: "mine" }), "absent");
  await first.close();
  assert.equal(existsSync(`${from}-wal`), false);
  copyFileSync(from, path);
  const [one, other] = [sqlite(path), sqlite(path)];
  assert.notEqual(await other.get("mine"), undefined);
  await one.close();
  await other.close();
  killedAfterBackup(path);
  await sqlite(path).close();
});
