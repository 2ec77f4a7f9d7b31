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

/** So many rows stay in the places of one hash. */
const WAYS = 8;
/** Hashes of the same places, where there are sixteen; no two count as one that came before. */
const hashAt = (index: number): number => 5 + index * 8;

/** A cache in which the places of these hashes are taken, by the rows `0` to `7`. */
function filled(): { hot: HotRows; kept: readonly SessionRow[] } {
  const hot = new HotRows(16);
  return { hot, kept: Array.from({ length: WAYS }, (_, index) => hot.keep(row(`${index}`), hashAt(index))) };
}

test("F-59 eight rows of one place stay; a ninth is kept if asked for again, and then replaces the oldest", () => {
  const { hot, kept } = filled();
  const ninth = row("ninth");
  assert.equal(hot.keep(ninth, hashAt(8)), ninth);
  assert.equal(hot.get("ninth", hashAt(8)), undefined);
  for (const [index, one] of kept.entries()) assert.equal(hot.get(one.id, hashAt(index)), one);
  const again = hot.keep(ninth, hashAt(8));
  assert.equal(hot.get("ninth", hashAt(8)), again);
  assert.equal(hot.get("0", hashAt(0)), undefined, "the oldest");
  for (const [index, one] of kept.entries()) if (index > 0) assert.equal(hot.get(one.id, hashAt(index)), one);
});

test("F-59 half as many rows as there are places find one, nearly all of them", () => {
  const hot = new HotRows(8_192);
  const rows = Array.from({ length: 4_000 }, () => sampleRow());
  for (const one of rows) hot.keep(one, hashOf(one.id));
  const there = rows.filter((one) => hot.get(one.id, hashOf(one.id)) !== undefined).length;
  assert.ok(there > 3_900, `${there} of 4,000`);
});

test("F-59 a row that stays is a frozen copy, so that dropped rows are not made where it ends up", () => {
  const hot = new HotRows(16);
  const read = row("a");
  const kept = hot.keep(read, hashAt(0));
  assert.notEqual(kept, read);
  assert.deepEqual(kept, read);
  assert.ok(Object.isFrozen(kept));
});

test("F-59 rows asked for once push none out, however many; asking again counts only if none came between", () => {
  const { hot, kept } = filled();
  const others = [8, 9, 10, 11];
  for (const index of [...others, ...others]) hot.keep(row(`once ${index}`), hashAt(index));
  for (const [index, one] of kept.entries()) assert.equal(hot.get(one.id, hashAt(index)), one);
  const last = hot.keep(row("once 11"), hashAt(11));
  assert.equal(hot.get("once 11", hashAt(11)), last, "the last of them had come before");
});

test("what is dropped is gone, wherever it was, and its neighbours are not", () => {
  for (let gone = 0; gone <= WAYS; gone++) {
    const { hot, kept } = filled();
    hot.drop(`${gone}`, hashAt(gone));
    for (const [index, { id }] of kept.entries()) {
      assert.equal(hot.get(id, hashAt(index))?.id, index === gone ? undefined : id, `${id} without ${gone}`);
    }
    const added = hot.keep(row("added"), hashAt(8));
    assert.equal(hot.get("added", hashAt(8)), gone === WAYS ? undefined : added, "it has the place of what was dropped");
    for (const [index, { id }] of kept.entries()) {
      assert.equal(hot.get(id, hashAt(index))?.id, index === gone ? undefined : id, `${id} beside the added one`);
    }
  }
});

test("after clearing nothing is there, nor known to have been asked for", () => {
  const { hot, kept } = filled();
  hot.keep(row("ninth"), hashAt(8));
  hot.clear();
  for (const [index, { id }] of kept.entries()) assert.equal(hot.get(id, hashAt(index)), undefined, id);
  for (const [index, { id }] of kept.entries()) hot.keep(row(id), hashAt(index));
  hot.keep(row("ninth"), hashAt(8));
  assert.equal(hot.get("ninth", hashAt(8)), undefined);
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
    const place = (index: number): number => Math.floor(index / Math.min(WAYS, stay));
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
