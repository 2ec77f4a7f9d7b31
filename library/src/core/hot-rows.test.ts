import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SessionRow } from "../contracts.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { HotRows, hashOf, isKept } from "./hot-rows.ts";

const row = (id: string, changes: Partial<SessionRow> = {}): SessionRow => sampleRow({ id, ...changes });

test("what a store hands out again it says, of each row or of all", () => {
  const one = row("one");
  assert.equal(isKept({}, one), false);
  assert.equal(isKept({ keepsRows: true }, one), true);
  assert.equal(isKept({ keepsRows: (asked) => asked === one }, one), true);
  assert.equal(isKept({ keepsRows: () => false }, one), false);
});

/** Hashes of one place among sixteen. */
const HASHES = [5, 13, 21, 29, 37, 45] as const;

test("F-59 two rows of one place stay; a third is kept if asked for again, and then replaces the older one", () => {
  const hot = new HotRows(16);
  const c = row("c");
  const [a, b, first] = [hot.keep(row("a"), HASHES[0]), hot.keep(row("b"), HASHES[1]), hot.keep(c, HASHES[2])];
  assert.equal(first, c);
  assert.equal(hot.get("c", HASHES[2]), undefined);
  assert.equal(hot.get("a", HASHES[0]), a);
  assert.equal(hot.get("b", HASHES[1]), b);
  const again = hot.keep(c, HASHES[2]);
  assert.equal(hot.get("c", HASHES[2]), again);
  assert.equal(hot.get("b", HASHES[1]), b);
  assert.equal(hot.get("a", HASHES[0]), undefined);
});

test("F-59 a row that stays is a frozen copy, so that dropped rows are not made where it ends up", () => {
  const hot = new HotRows(16);
  const read = row("a");
  const kept = hot.keep(read, HASHES[0]);
  assert.notEqual(kept, read);
  assert.deepEqual(kept, read);
  assert.ok(Object.isFrozen(kept));
});

test("F-59 rows asked for once push none out, however many; asking again counts only if none came between", () => {
  const hot = new HotRows(16);
  const [a, b] = [hot.keep(row("a"), HASHES[0]), hot.keep(row("b"), HASHES[1])];
  for (const hash of [...HASHES.slice(2), ...HASHES.slice(2)]) hot.keep(row(`once ${hash}`), hash);
  assert.equal(hot.get("a", HASHES[0]), a);
  assert.equal(hot.get("b", HASHES[1]), b);
  const d = hot.keep(row("d"), HASHES[5]);
  assert.equal(hot.get("d", HASHES[5]), d, "the last of them had come before");
});

test("what is dropped is gone, wherever it was, and its neighbour is not", () => {
  for (const gone of ["a", "b", "c"]) {
    const hot = new HotRows(16);
    hot.keep(row("a"), HASHES[0]);
    hot.keep(row("b"), HASHES[1]);
    hot.drop(gone, HASHES["abc".indexOf(gone)] ?? 0);
    for (const [index, id] of ["a", "b"].entries()) {
      assert.equal(hot.get(id, HASHES[index] ?? 0)?.id, id === gone ? undefined : id, `${id} without ${gone}`);
    }
    hot.drop("unknown", HASHES[3]);
  }
});

test("after clearing nothing is there, nor known to have been asked for", () => {
  const hot = new HotRows(16);
  for (const [index, id] of ["a", "b", "c"].entries()) hot.keep(row(id), HASHES[index] ?? 0);
  hot.clear();
  for (const [index, id] of ["a", "b", "c"].entries()) assert.equal(hot.get(id, HASHES[index] ?? 0), undefined, id);
  hot.keep(row("a"), HASHES[0]);
  hot.keep(row("b"), HASHES[1]);
  hot.keep(row("c"), HASHES[2]);
  assert.equal(hot.get("c", HASHES[2]), undefined);
});

test("only the very object that stays is kept", () => {
  const hot = new HotRows(16);
  const one = row("one");
  assert.equal(hot.keeps(one), false);
  const kept = hot.keep(one, hashOf(one.id));
  assert.equal(hot.keeps(kept), true);
  assert.equal(hot.keeps(one), false);
});

test("so many rows stay as the next lower power of two", () => {
  for (const [most, stay] of [
    [2, 2],
    [3, 2],
    [16, 16],
    [31, 16],
    [64, 64],
  ] as const) {
    const hot = new HotRows(most);
    const place = (index: number): number => Math.floor(index / 2);
    const rows = Array.from({ length: stay * 2 }, (_, index) => row(`${index}`));
    for (const [index, one] of rows.entries()) hot.keep(one, place(index));
    const there = rows.filter((one, index) => hot.get(one.id, place(index)) !== undefined).length;
    assert.equal(there, stay, `${most}`);
  }
});

test("whatever happens to rows, the one handed out is the one that was kept last", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const step = fc.record({ what: fc.constantFrom("keep", "get", "drop"), id: fc.constantFrom(...ids) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const hot = new HotRows(4);
      const last = new Map<string, SessionRow>();
      for (const { what, id } of steps) {
        const hash = hashOf(id);
        if (what === "get") {
          const found = hot.get(id, hash);
          if (found !== undefined) assert.equal(found, last.get(id));
        } else if (what === "drop") {
          hot.drop(id, hash);
          last.delete(id);
          assert.equal(hot.get(id, hash), undefined);
        } else if (!last.has(id)) {
          const one = hot.keep(row(id), hash);
          last.set(id, one);
          assert.ok([one, undefined].includes(hot.get(id, hash)));
        }
      }
    }),
  );
});

test("dropping the newer of two rows leaves the older one alone there, and the neighbours as they were", () => {
  const hot = new HotRows(16);
  for (const [id, hash] of [
    ["x", 4],
    ["y", 4],
    ["a", 5],
    ["b", 5],
  ] as const)
    hot.keep(row(id), hash);
  hot.drop("b", 5);
  for (const [id, hash] of [
    ["x", 4],
    ["y", 4],
    ["a", 5],
  ] as const)
    assert.equal(hot.get(id, hash)?.id, id);
  assert.equal(hot.get("b", 5), undefined);
});

test("of an id of ours ten characters count, none of which tells the time; of another text all", () => {
  const id = "0123456789abcdefghijkl";
  const changed = (text: string, at: number): number => hashOf(`${text.slice(0, at)}_${text.slice(at + 1)}`);
  const counting = (text: string): number[] => Array.from(text, (_, at) => at).filter((at) => changed(text, at) !== hashOf(text));
  assert.deepEqual(counting(id), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  for (const text of [id.slice(1), `${id}m`]) assert.equal(counting(text).length, text.length);
});

test("hashes of ids that differ a little fall into all places alike", () => {
  const counts = new Array<number>(16).fill(0);
  for (let index = 0; index < 1_600; index++) {
    const place = hashOf(`AAAAAAAAAA${index.toString(36).padStart(10, "A")}AA`) & 15;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  assert.ok(Math.min(...counts) > 50 && Math.max(...counts) < 200, counts.join());
});
