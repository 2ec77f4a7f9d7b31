import assert from "node:assert/strict";
import { copyFileSync, readFileSync, renameSync, rmSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { temporaryFolder } from "../../../../../tools/suite/temporary-folder.ts";
import { CoatcheckError } from "../../../core/errors.ts";
import { START, sampleRow } from "../../../testing/store-suite/rows.ts";
import { sqlite } from "../../sqlite.ts";

interface Watched {
  readonly path: string;
  readonly dir: string;
  /** What stores of the file were told of lost files. */
  readonly lost: string[];
  readonly open: (cacheRows?: number) => ReturnType<typeof sqlite>;
  /** The time after which all stores have looked at the path. */
  later(): void;
}

async function withFile(context: TestContext, run: (watched: Watched) => unknown): Promise<void> {
  context.mock.timers.enable({ apis: ["setInterval"] });
  syncBuiltinESMExports();
  using folder = temporaryFolder("lost");
  const path = folder.file("sessions.db");
  const lost: string[] = [];
  const stores: ReturnType<typeof sqlite>[] = [];
  const open = (cacheRows = 0): ReturnType<typeof sqlite> => {
    const store = sqlite({ path, cacheRows, onFileLost: ({ message }) => lost.push(message) });
    stores.push(store);
    return store;
  };
  try {
    await run({ path, dir: folder.path, lost, open, later: () => context.mock.timers.tick(1_000) });
  } finally {
    for (const store of stores) await store.close();
    context.mock.timers.reset();
    syncBuiltinESMExports();
  }
}

const unavailable = (what: RegExp) => (error: unknown) =>
  error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE" && what.test(error.message);

/** Every call but `close`, by its name. */
function calls(store: ReturnType<typeof sqlite>, id: string): readonly (readonly [string, () => unknown])[] {
  return [
    ["put", () => store.put(sampleRow(), "absent")],
    ["touch", () => store.touch(id, START)],
    ["end", () => store.end({ id }, "logout", START)],
    ["list", () => store.list({ owner: "o" }, 10, START)],
    ["mark", () => store.mark("k", START + 1, START)],
    ["marked", () => store.marked("k", START)],
    ["sweep", () => store.sweep(10, START)],
    ["watch", () => store.watch?.(() => {})],
    ["get", () => store.get(id)],
  ];
}

for (const cacheRows of [0, 100]) {
  test(`F-11 a deleted file is an outage for every call, told once (${cacheRows} rows kept)`, (context) =>
    withFile(context, async ({ path, open, lost, later }) => {
      const store = open(cacheRows);
      const row = sampleRow({ owner: "o" });
      await store.put(row, "absent");
      assert.equal((await store.get(row.id))?.id, row.id);
      rmSync(path);
      for (const [name, call] of calls(store, row.id)) assert.throws(call, unavailable(/sessions\.db was deleted/), name);
      later();
      later();
      assert.equal(lost.length, 1);
      assert.match(lost[0] ?? "", /Restart every process that uses it/);
    }));
}

test("F-11 who only reads learns within a second that the file is gone", (context) =>
  withFile(context, async ({ path, open, lost, later }) => {
    const store = open(100);
    const row = sampleRow();
    await store.put(row, "absent");
    rmSync(path);
    later();
    assert.equal(lost.length, 1);
    assert.throws(() => store.get(row.id), unavailable(/was deleted/));
  }));

test("F-11 an ending told to the process with the replaced file is refused, and the new file loses nothing", (context) =>
  withFile(context, async ({ path, dir, open, lost }) => {
    const before = open();
    const row = sampleRow({ owner: "o" });
    await before.put(row, "absent");
    await before.close();
    copyFileSync(path, join(dir, "backup.db"));
    const old = open();
    await old.put(sampleRow({ owner: "o" }), "absent");
    // As an operator restores: the log of the file that goes goes with it.
    renameSync(join(dir, "backup.db"), path);
    for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix);
    const restarted = open();
    const added = sampleRow({ owner: "o" });
    await restarted.put(added, "absent");
    assert.throws(() => old.end({ owner: "o" }, "admin", START), unavailable(/was replaced by another file/));
    assert.throws(() => old.mark("owner:o", START + 1, START), unavailable(/was replaced/));
    assert.equal(lost.length, 1);
    const log = readFileSync(`${path}-wal`);
    await old.close();
    assert.deepEqual(readFileSync(`${path}-wal`), log, "closing the old file leaves the log of the new one");
    const third = open();
    for (const { id } of [row, added]) assert.equal((await third.get(id))?.ended, null);
    assert.deepEqual([...(await restarted.end({ owner: "o" }, "admin", START))].sort(), [row.id, added.id].sort());
  }));

test("F-11 a file that is back at its path is well again, unless its log is another", (context) =>
  withFile(context, async ({ path, dir, open, lost, later }) => {
    const store = open();
    const row = sampleRow();
    await store.put(row, "absent");
    renameSync(path, join(dir, "aside.db"));
    assert.throws(() => store.touch(row.id, START), unavailable(/was deleted/));
    renameSync(join(dir, "aside.db"), path);
    later();
    assert.equal((await store.get(row.id))?.id, row.id);
    assert.equal(lost.length, 1);
    rmSync(`${path}-wal`);
    later();
    assert.throws(() => store.get(row.id), unavailable(/was deleted/));
    assert.equal(lost.length, 2);
  }));

test("F-11 a directory that another one took the place of is a lost file", (context) =>
  withFile(context, async ({ path, dir, open, lost }) => {
    const store = open();
    renameSync(dir, `${dir}-aside`);
    try {
      assert.throws(() => store.mark("k", START + 1, START), unavailable(/was deleted/));
    } finally {
      renameSync(`${dir}-aside`, dir);
    }
    assert.equal(lost.length, 1);
    assert.equal(store.mark("k", START + 1, START), true, path);
  }));

test("F-11 without onFileLost it is a process warning", (context) =>
  withFile(context, async ({ path }) => {
    const told = new Promise<Error>((resolve) => process.once("warning", resolve));
    const store = sqlite(path);
    rmSync(path);
    assert.throws(() => store.mark("k", START + 1, START), unavailable(/was deleted/));
    const warning = await told;
    assert.deepEqual("code" in warning ? warning.code : undefined, "COATCHECK_STORE_FILE");
    await store.close();
  }));
