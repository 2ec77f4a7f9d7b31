import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SessionRow } from "../contracts.ts";
import { sampleRow } from "../testing/store-suite-rows.ts";
import { HotRows, hashOf, isKept } from "./hot-rows.ts";

const row = (id: string, changes: Partial<SessionRow> = {}): SessionRow => sampleRow({ id, ...changes });

test("what a store hands out again it says, of each row or of all", () => {
  const one = row("one");
  assert.equal(isKept({}, one), false);
  assert.equal(isKept({ keepsRows: true }, one), true);
  assert.equal(isKept({ keepsRows: (asked) => asked === one }, one), true);
  assert.equal(isKept({ keepsRows: () => false }, one), false);
});

test("two rows of one hash stay; a third waits, and stays once it is asked for, in place of the older", () => {
  const hot = new HotRows(16);
  const [a, b, c, d] = [row("a"), row("b"), row("c"), row("d")];
  for (const one of [a, b, c]) hot.keep(one, 5);
  assert.deepEqual(
    [a, b, c].map((one) => hot.get(one.id, 5)),
    [a, b, c],
  );
  // Asking has made `c` stay: `a`, which came first, is gone.
  assert.equal(hot.get("a", 5), undefined);
  assert.equal(hot.get("b", 5), b);
  assert.equal(hot.get("c", 5), c);
  // Those that wait take one another's place, and never that of one that stays.
  const [e, f] = [row("e"), row("f")];
  for (const one of [d, e, f]) hot.keep(one, 5);
  assert.equal(hot.get("d", 5), undefined);
  assert.equal(hot.get("b", 5), b);
  assert.equal(hot.get("unknown", 5), undefined);
});

test("a row that waited waits no more once it stays: what it was is not handed out beside it", () => {
  const hot = new HotRows(16);
  for (const id of ["a", "b", "c"]) hot.keep(row(id), 5);
  hot.get("c", 5);
  for (const id of ["d", "e"]) {
    hot.keep(row(id), 5);
    hot.get(id, 5);
  }
  assert.equal(hot.get("c", 5), undefined, "pushed out by two that stay");
});

test("what is dropped is gone, wherever it was, and its neighbour is not", () => {
  for (const gone of ["a", "b", "c", "d"]) {
    const hot = new HotRows(16);
    for (const id of ["a", "b", "c", "d"]) hot.keep(row(id), 5);
    hot.drop(gone, 5);
    assert.equal(hot.get(gone, 5), undefined, gone);
    for (const id of ["a", "b"]) if (id !== gone) assert.equal(hot.get(id, 5)?.id, id, `${id} without ${gone}`);
    if (gone !== "c" && gone !== "d") assert.equal(hot.get("c", 5)?.id, "c");
    hot.drop("unknown", 5);
  }
});

test("after clearing nothing is there, neither of those that stay nor of those that wait", () => {
  const hot = new HotRows(16);
  for (const id of ["a", "b", "c"]) hot.keep(row(id), 5);
  hot.clear();
  for (const id of ["a", "b", "c"]) assert.equal(hot.get(id, 5), undefined, id);
});

test("only the very object that stays is kept", () => {
  const hot = new HotRows(16);
  const one = row("one");
  assert.equal(hot.keeps(one), false);
  hot.keep(one, hashOf(one.id));
  assert.equal(hot.keeps(one), true);
  assert.equal(hot.keeps({ ...one }), false);
});

test("so many rows stay as the next lower power of two, and an eighth of that may wait", () => {
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
    // Asking for one that waits pushes out one that stays; those asked for first were found all the same.
    assert.equal(there, stay + Math.max(2, stay / 8), `${most}`);
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
          const one = row(id);
          hot.keep(one, hash);
          last.set(id, one);
          assert.equal(hot.get(id, hash), one);
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
