import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { START, sampleRow } from "../../testing/store-suite/rows.ts";
import { sqlite } from "../sqlite.ts";
import { ReadHold } from "./read-hold.ts";
import { integer } from "./rows.ts";
import { openDatabase } from "./schema.ts";

const OPTIONS = { busyTimeout: 100, durability: "normal", mmap: 0 } as const;
const INTERVAL = 20;

interface Held {
  readonly path: string;
  readonly dir: string;
  /** Another connection to the same file, which may write and asks for checkpoints. */
  readonly other: DatabaseSync;
  readonly hold: ReadHold;
  /** Many reads, and the time until the hold is looked at again. */
  busy(): void;
}

/** A hold on a file, whose timers go when the test says so. */
async function withHold(context: TestContext, run: (held: Held) => unknown): Promise<void> {
  context.mock.timers.enable({ apis: ["setInterval"] });
  syncBuiltinESMExports();
  using folder = temporaryFolder("hold");
  const path = folder.file("sessions.db");
  const own = openDatabase(path, OPTIONS);
  const other = openDatabase(path, OPTIONS);
  const hold = new ReadHold(path, () => integer(own.prepare("PRAGMA data_version").get()?.["data_version"]));
  const busy = (): void => {
    for (let read = 0; read < 20; read++) hold.reads();
    context.mock.timers.tick(INTERVAL);
  };
  try {
    await run({ path, dir: folder.path, other, hold, busy });
  } finally {
    hold.close();
    own.close();
    other.close();
    context.mock.timers.reset();
    syncBuiltinESMExports();
  }
}

const write = (db: DatabaseSync, count = 1): void => {
  for (let index = 0; index < count; index++) {
    db.exec(`INSERT INTO marks (key, until, value) VALUES (hex(randomblob(16)), 1, hex(randomblob(500)))`);
  }
};

test("the file is held while there are many reads and no writes", (context) =>
  withHold(context, ({ hold, other, busy }) => {
    assert.equal(hold.held, false);
    busy();
    assert.equal(hold.held, false, "nothing is known yet of what others write");
    busy();
    assert.equal(hold.held, true);
    write(other);
    busy();
    assert.equal(hold.held, false, "another connection wrote");
    busy();
    assert.equal(hold.held, true);
    hold.wrote();
    busy();
    assert.equal(hold.held, false, "this one wrote");
    busy();
    assert.equal(hold.held, true);
  }));

test("a hold is let go when the reads grow few, and when the store closes", (context) =>
  withHold(context, ({ hold, other, busy }) => {
    busy();
    busy();
    assert.equal(hold.held, true);
    hold.reads();
    context.mock.timers.tick(INTERVAL);
    assert.equal(hold.held, false);
    busy();
    assert.equal(hold.held, true, "nobody wrote meanwhile");
    hold.reads();
    context.mock.timers.tick(INTERVAL);
    write(other);
    busy();
    assert.equal(hold.held, false, "somebody wrote while nobody looked");
    busy();
    assert.equal(hold.held, true);
    hold.close();
    assert.equal(hold.held, false);
    busy();
    busy();
    assert.equal(hold.held, false, "what is closed stays closed");
  }));

test("the log begins anew under a store that is read all the time", (context) =>
  withHold(context, ({ hold, other, busy }) => {
    const frames: number[] = [];
    for (let round = 0; round < 50; round++) {
      write(other, 20);
      busy();
      busy();
      assert.equal(hold.held, true);
      const { busy: blocked, log, checkpointed } = other.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() ?? {};
      assert.deepEqual([blocked, checkpointed], [0, log], "all of the log is moved, for the hold is at its end");
      frames.push(integer(log));
      // From now on the reads are of the file, and so is the hold.
      busy();
    }
    assert.ok(Math.max(...frames) <= 2 * (frames[0] ?? 0) + 20, `the log grew to ${Math.max(...frames)} frames`);
  }));

test("who holds the file reads what others have written as soon as it is written", (context) =>
  withHold(context, async ({ path, hold, busy }) => {
    const [reader, writer] = [sqlite(path), sqlite(path)];
    const row = sampleRow();
    await writer.put(row, "absent");
    busy();
    busy();
    for (let version = 1; version < 50; version++) {
      assert.equal(hold.held, true);
      assert.equal(await writer.put({ ...row, version: version + 1 }, version), true);
      assert.equal((await reader.get(row.id))?.version, version + 1);
      busy();
      busy();
    }
    await writer.end({ id: row.id }, "logout", START);
    assert.equal((await reader.get(row.id))?.reason, "logout");
    await Promise.all([reader.close(), writer.close()]);
  }));

test("a store that was read a lot leaves nothing but its file", (context) =>
  withHold(context, async ({ dir }) => {
    const store = sqlite(join(dir, "another.db"));
    await store.put(sampleRow(), "absent");
    for (let round = 0; round < 4; round++) {
      for (let read = 0; read < 100; read++) await store.get("nobody");
      context.mock.timers.tick(INTERVAL);
    }
    await store.close();
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.startsWith("another")),
      ["another.db"],
    );
  }));

test("a file that can no longer be opened is read without a hold", (context) =>
  withHold(context, ({ dir }) => {
    const hold = new ReadHold(join(dir, "gone.db"), () => 1);
    for (let round = 0; round < 4; round++) {
      for (let read = 0; read < 20; read++) hold.reads();
      context.mock.timers.tick(INTERVAL);
      assert.equal(hold.held, false);
    }
  }));
