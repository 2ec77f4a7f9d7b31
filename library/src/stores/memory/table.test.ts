import assert from "node:assert/strict";
import { constants } from "node:buffer";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import type { SessionRow } from "../../contracts.ts";
import { hashOfText } from "../../core/hot-rows.ts";
import { Dice, HOUR, START, sampleRow } from "../../testing/store-suite/rows.ts";
import { memory } from "../memory.ts";
import { Cells } from "./cells.ts";
import { RowTable } from "./table.ts";

/** The plain way to keep rows. */
class Model {
  readonly rows = new Map<string, SessionRow>();

  live(matches: (row: SessionRow) => boolean): readonly string[] {
    return [...this.rows.values()].filter((row) => row.ended === null && matches(row)).map(({ id }) => id);
  }
}

const sorted = (ids: readonly string[]): readonly string[] => ids.toSorted();

test("F-59 packed rows are found by id, owner, sid and time like plain ones, whatever came and went before", () => {
  for (const seed of [1, 2, 3]) {
    const dice = new Dice(seed);
    const table = new RowTable();
    const model = new Model();
    const owners = Array.from({ length: 20 }, () => dice.text());
    const known: string[] = [];
    for (let step = 0; step < 4_000; step++) {
      const id = dice.of(known, "nobody");
      const drawn = dice.row();
      const kept = {
        ...drawn,
        owner: drawn.owner === null ? null : dice.of(owners, "o"),
        sid: drawn.sid === null ? null : dice.of(owners, "s"),
      };
      const what = dice.below(10);
      if (what < 5 || known.length === 0) {
        table.set(kept);
        model.rows.set(kept.id, kept);
        known.push(kept.id);
      } else if (what < 8) {
        table.set({ ...kept, id });
        model.rows.set(id, { ...kept, id });
      } else {
        table.delete(id);
        model.rows.delete(id);
      }
      const asked = dice.of(known, "nobody");
      assert.deepEqual({ ...table.get(asked) }, { ...model.rows.get(asked) }, `seed ${seed}, step ${step}`);
    }
    assert.equal(table.size, model.rows.size);
    for (const owner of owners) {
      const ids = model.live((row) => row.owner === owner);
      assert.deepEqual(sorted(table.targeted({ owner })), sorted(ids));
      for (const issuer of owners) {
        const own = model.live((row) => row.issuer === issuer && row.sid === owner);
        assert.deepEqual(sorted(table.targeted({ issuer, sid: owner })), sorted(own));
      }
    }
    const due = START + HOUR / 2;
    const urgent = model.live(({ renewAt, expires }) => renewAt !== null && renewAt < due && expires > START);
    assert.deepEqual(sorted(table.dueForRefresh(due, 10_000, START).map(({ id }) => id)), sorted(urgent));
    const expired = [...model.rows.values()].filter(({ expires }) => expires < due).length;
    assert.equal(table.sweep(100_000, due), expired);
    assert.equal(table.size, model.rows.size - expired);
    for (const row of model.rows.values()) assert.equal(table.get(row.id) === undefined, row.expires < due);
  }
});

test("F-59 a row that cannot be written leaves the one before it as it was, in every list", () => {
  const table = new RowTable();
  const before = sampleRow({ owner: "alice", issuer: "https://id.example", sid: "one", renewAt: START });
  table.set(before);
  const body = "x".repeat(constants.MAX_STRING_LENGTH);
  assert.throws(() => table.set({ ...before, owner: "bob", version: 2, body }), RangeError);
  assert.deepEqual({ ...table.get(before.id) }, before);
  assert.equal(table.size, 1);
  for (const target of [{ owner: "alice" }, { issuer: "https://id.example", sid: "one" }]) {
    assert.deepEqual(table.targeted(target), [before.id]);
  }
  assert.deepEqual(table.targeted({ owner: "bob" }), []);
});

/** What happens while there is no memory for a buffer, or for a larger index. */
function without(name: "ArrayBuffer" | "Int32Array", happens: () => void): void {
  const before = globalThis[name];
  const refuse = function refuse(): never {
    throw new RangeError("Array buffer allocation failed");
  };
  Object.defineProperty(globalThis, name, { value: refuse, configurable: true, writable: true });
  try {
    happens();
  } finally {
    Object.defineProperty(globalThis, name, { value: before, configurable: true, writable: true });
  }
}

test("F-59 whenever memory runs out, a row is stored whole or not at all, and rows can be deleted", () => {
  for (const seed of [1, 2, 3]) {
    const dice = new Dice(seed);
    const table = new RowTable();
    const model = new Model();
    const known: string[] = [];
    let refused = 0;
    const store = (row: SessionRow): void => {
      table.set(row);
      if (!model.rows.has(row.id)) known.push(row.id);
      model.rows.set(row.id, row);
    };
    for (let step = 0; step < 3_000; step++) {
      const drawn = dice.row();
      const row = dice.below(4) === 0 ? { ...drawn, id: dice.of(known, drawn.id) } : drawn;
      if (step > 2_000) {
        const id = dice.of(known, "nobody");
        without("Int32Array", () => table.delete(id));
        model.rows.delete(id);
      } else if (dice.below(2) === 0) store(row);
      else {
        try {
          without(dice.of(["ArrayBuffer", "Int32Array"], "ArrayBuffer"), () => store(row));
        } catch (error) {
          assert.ok(error instanceof RangeError);
          refused++;
        }
      }
      assert.deepEqual({ ...table.get(row.id) }, { ...model.rows.get(row.id) }, `seed ${seed}, step ${step}`);
    }
    assert.ok(refused > 20, `${refused} were refused`);
    assert.equal(table.size, model.rows.size);
    for (const { owner } of model.rows.values()) {
      if (owner === null) continue;
      assert.deepEqual(sorted(table.targeted({ owner })), sorted(model.live((row) => row.owner === owner)));
    }
    for (const [id, row] of model.rows) assert.deepEqual({ ...table.get(id) }, { ...row });
  }
});

test("F-59 a row is another, equal object after many others were asked for; one that returns is the same", () => {
  const store = memory();
  const rows = Array.from({ length: 30_000 }, () => sampleRow());
  for (const row of rows) store.put(row, "absent");
  const [often, once] = [rows[0], rows[1]];
  assert.ok(often !== undefined && once !== undefined);
  const before = store.get(once.id);
  for (const { id } of rows) {
    store.get(often.id);
    store.get(id);
  }
  const kept = store.get(often.id);
  for (const { id } of rows.slice(2, 500)) store.get(id);
  assert.equal(store.get(often.id), kept);
  assert.deepEqual({ ...store.get(once.id) }, { ...before });
});

test("F-59 what a deleted or ended row held is wiped, and its memory used again", () => {
  const cells = new Cells();
  const [first, second] = [cells.take(500), cells.take(500)];
  const slab = cells.slab(first);
  slab.bytes.write("canary", cells.begin(first, slab) + 200);
  cells.give(first);
  assert.equal(slab.bytes.includes("canary"), false);
  assert.equal(cells.take(500), first);
  for (let round = 0; round < 3; round++) {
    const many = Array.from({ length: 10_000 }, () => cells.take(300));
    assert.equal(new Set([...many, first, second]).size, 10_002);
    assert.ok(Math.max(...many.map((handle) => handle >>> 13)) < 100, "slabs that are empty are let go");
    for (const handle of many) cells.give(handle);
  }
});

test("F-59 a session in memory takes at most 300 bytes over its data, few of which the collector walks", async () => {
  const program = fileURLToPath(new URL("../../../test-support/stores/memory-of-rows.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, "100000"], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  const { heap, outside, data }: { heap: number; outside: number; data: number } = JSON.parse(stdout);
  assert.ok(data > 500, `${data} bytes of data`);
  assert.ok(heap + outside - data <= 300, `${heap} and ${outside} bytes for ${data} of data`);
  // The rows that stay as they were handed out are a tenth of them here.
  assert.ok(heap <= 32, `${heap} bytes of each in the heap`);
});

for (const store of ["memory", "SQLite"]) {
  test(`F-59 a row that is read and dropped leaves nothing for a full collection (${store})`, async () => {
    using folder = temporaryFolder("garbage");
    const program = fileURLToPath(new URL("../../../test-support/stores/garbage-of-rows.ts", import.meta.url));
    const heap = ["--expose-gc", "--min-semi-space-size=1", "--max-semi-space-size=1"];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...heap, program, store === "memory" ? store : folder.file("rows.db")],
      { env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
    );
    assert.ok(Number(stdout) < 2 * 2 ** 20, `${stdout} bytes`);
  });
}

test("F-59 owners as long as an id of ours that differ at their ends alone do not lie in one another's way", () => {
  const hashes = new Set<number>();
  for (let number = 0; number < 1_000; number++) hashes.add(hashOfText(`000${String(number).padStart(3, "0")}-the-same-for-al`));
  for (let number = 0; number < 1_000; number++) hashes.add(hashOfText(`the-same-for-all-${String(number).padStart(5, "0")}`));
  assert.ok(hashes.size > 1_990, `${hashes.size} hashes of 2,000 owners`);
});
