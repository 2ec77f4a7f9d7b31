import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import type { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { within } from "../../../tools/suite/steady.ts";
import { withPath } from "../../test-support/stores/sqlite-paths.ts";
import type { SessionStore } from "../contracts.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { MIGRATIONS, openDatabase } from "./sqlite/schema.ts";
import { sqlite } from "./sqlite.ts";

/** What this file does as a child process: `node sqlite-processes.test.ts <role> <path> <id>`. */
const ROLES: { readonly [role: string]: (path: string, id: string) => Promise<void> } = {
  /** Adds 1 to the number in the row's body, 300 times. */
  async increment(path, id) {
    const store = await openAtOnce(path);
    for (let done = 0; done < 300; ) {
      const row = await store.get(id);
      assert.ok(row);
      const next = { ...row, version: row.version + 1, body: String(Number(row.body) + 1) };
      if (await store.put(next, row.version)) done += 1;
    }
    await store.close();
  },
  /** Sets 300 markers and says how often it was the first. */
  async mark(path) {
    const store = await openAtOnce(path);
    let first = 0;
    for (let n = 0; n < 300; n += 1) if (await store.mark(`k${n}`, START + 1, START)) first += 1;
    await say(String(first));
    await store.close();
  },
  /** Writes rows for as long as it lives, and says each id once it is stored. */
  async write(path) {
    const store = await openAtOnce(path);
    for (;;) {
      const row = sampleRow({ owner: "o", body: "x".repeat(2_000) });
      if (await store.put(row, "absent")) await say(row.id);
    }
  },
  /** Ends the session. */
  async end(path, id) {
    const store = await openAtOnce(path);
    await store.end({ id }, "logout", START);
    await store.close();
  },
  /** Listens, stops nothing and leaves. */
  async forget(path) {
    const store = await openAtOnce(path);
    store.watch?.(() => {});
  },
  /** Has the worker running, closes nothing and leaves. */
  async leave(path) {
    const store = await openAtOnce(path);
    for (let n = 0; n < 600; n += 1) await store.put(sampleRow({ owner: `o${n}` }), "absent");
  },
};

const say = (line: string): Promise<void> => new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));

async function openAtOnce(path: string): Promise<SessionStore> {
  await say("ready");
  await once(process.stdin, "data");
  process.stdin.destroy();
  return sqlite({ path, busyTimeout: 10_000 });
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Starts children that begin together; answers with what each said. */
async function together(roles: readonly string[], path: string, id = ""): Promise<readonly string[][]> {
  const children = roles.map((role) => start(role, path, id));
  await Promise.all(children.map(({ ready }) => ready));
  for (const { child } of children) child.stdin.write("go\n");
  return Promise.all(
    children.map(async ({ child, lines }) => {
      const [code] = await once(child, "close");
      assert.equal(code, 0);
      return lines;
    }),
  );
}

function start(role: string, path: string, id = "") {
  const child: Child = spawn(process.execPath, [import.meta.filename, role, path, id], { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  const ready = once(reader, "line").then(() => reader.on("line", (line) => lines.push(line)));
  return { child, lines, reader, ready };
}

function define(): void {
  test("SE-12 two processes that write the same row lose no update", () =>
    withPath(async (path) => {
      const store = sqlite(path);
      const row = sampleRow({ body: "0" });
      await store.put(row, "absent");
      await together(["increment", "increment"], path, row.id);
      const { body, version } = (await store.get(row.id)) ?? row;
      assert.deepEqual({ body, version }, { body: "600", version: 601 });
      await store.close();
    }));

  test("CB-02 processes that open a new file and set the same markers at once: each has one first", () =>
    withPath(async (path) => {
      const firsts = await together(["mark", "mark", "mark", "mark"], path);
      assert.equal(
        firsts.flat().reduce((sum, first) => sum + Number(first), 0),
        300,
      );
    }));

  test("a process that is killed while it writes loses nothing that it was told is stored", () =>
    withPath(async (path) => {
      const { child, lines, reader, ready } = start("write", path);
      await ready;
      child.stdin.write("go\n");
      const closed = once(child, "close");
      while (lines.length < 400) {
        const [died] = await Promise.race([once(reader, "line"), closed]);
        assert.equal(typeof died, "string", `the writer ended by itself: ${String(died)}`);
      }
      child.kill("SIGKILL");
      await closed;
      const store = sqlite(path);
      for (const id of lines.filter((line) => line.length === 22)) assert.equal((await store.get(id))?.owner, "o", id);
      await store.close();
      const db = new DatabaseSync(path);
      assert.deepEqual({ ...db.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
      db.close();
    }));

  test("LO-10 PX-05 what another process ends is told here", () =>
    withPath(async (path) => {
      const store = sqlite(path);
      const row = sampleRow();
      await store.put(row, "absent");
      const told: string[] = [];
      const heard = new Promise<string>((resolve) => {
        store.watch?.(({ id, reason }) => {
          told.push(id);
          resolve(reason);
        });
      });
      await together(["end"], path, row.id);
      assert.equal(await within(1_000, heard, "it was not told"), "logout");
      assert.deepEqual(told, [row.id]);
      await store.close();
    }));

  test("processes that bring an older file up to date at once all use it afterwards", () =>
    withPath(async (path) => {
      const old = openDatabase(path, { busyTimeout: 100, durability: "normal", mmap: 0 }, MIGRATIONS.slice(0, 1));
      old.close();
      const firsts = await together(["mark", "mark", "mark"], path);
      assert.equal(
        firsts.flat().reduce((sum, first) => sum + Number(first), 0),
        300,
      );
      const db = new DatabaseSync(path);
      assert.deepEqual({ ...db.prepare("PRAGMA user_version").get() }, { user_version: MIGRATIONS.length });
      db.close();
    }));

  test("listening keeps no process alive", () =>
    withPath(async (path) => {
      await together(["forget"], path);
    }));

  test("the checkpoint worker keeps no process alive", () =>
    withPath(async (path) => {
      await together(["leave"], path);
      const store = sqlite(path);
      assert.equal((await store.list({ owner: "o599" }, 10, START)).length, 1);
      await store.close();
    }));
}

const [role, path = "", id = ""] = process.argv.slice(2);
if (role === undefined) define();
else await ROLES[role]?.(path, id);
