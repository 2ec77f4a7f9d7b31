import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import { BoundedRows } from "./bounded-rows.ts";

/** A cache of a second, and its clock. */
function cached(rows?: number) {
  const clock = { now: 5_000 };
  const cache = new BoundedRows({ staleness: "1s", ...(rows === undefined ? {} : { rows }) }, () => clock.now);
  return { cache, clock };
}

test("LO-10 a row counts from when its read was begun, and not a moment longer, however often it is asked", () => {
  const { cache, clock } = cached();
  const row = sampleRow();
  const begun = cache.begin();
  clock.now += 400;
  assert.equal(cache.keep(row, begun), row);
  clock.now += 599;
  assert.equal(cache.get(row.id), row);
  assert.equal(cache.keeps(row), true);
  clock.now += 1;
  assert.equal(cache.get(row.id), undefined);
  assert.equal(cache.keeps(row), false);
});

test("LO-10 what was read before a change, and arrives after it, is not kept; what is read later is", () => {
  for (const change of ["drop", "clear"] as const) {
    const { cache, clock } = cached();
    const row = sampleRow();
    const before = cache.begin();
    clock.now += 1;
    cache[change](row.id);
    assert.equal(cache.keep(row, before), row);
    assert.equal(cache.get(row.id), undefined, change);
    cache.keep(row, cache.begin());
    assert.equal(cache.get(row.id), undefined, `${change}, in the same moment`);
    clock.now += 1;
    cache.keep(row, cache.begin());
    assert.equal(cache.get(row.id), row);
    cache[change](row.id);
    assert.equal(cache.get(row.id), undefined);
  }
});

test("LO-10 a read that took longer than the bound is not kept, nor is a row that ended", () => {
  const { cache, clock } = cached();
  const [late, ended] = [sampleRow(), sampleRow({ ended: 1, reason: "logout" })];
  const begun = cache.begin();
  cache.keep(ended, begun);
  assert.equal(cache.get(ended.id), undefined);
  const lived = { ...ended, ended: null, reason: null };
  clock.now += 1;
  cache.keep(lived, cache.begin());
  assert.equal(cache.get(ended.id), lived);
  cache.keep(ended, cache.begin());
  assert.equal(cache.get(ended.id), undefined);
  clock.now += 1_000;
  cache.keep(late, begun);
  assert.equal(cache.get(late.id), undefined);
});

test("the same row stays the same object when it is read again, and an older read loses", () => {
  const { cache, clock } = cached();
  const row = sampleRow();
  const first = cache.begin();
  clock.now += 100;
  const second = cache.begin();
  cache.keep(row, second);
  assert.equal(cache.keep({ ...row }, clock.now + 50), row);
  assert.notEqual(cache.keep({ ...row }, first), row);
  const touched = { ...row, seen: row.seen + 1 };
  clock.now += 100;
  assert.equal(cache.keep(touched, cache.begin()), touched);
  assert.equal(cache.get(row.id), touched);
  const changed = { ...touched, version: 2 };
  clock.now += 100;
  assert.equal(cache.keep(changed, cache.begin()), changed);
});

test("past the most rows the oldest go", () => {
  const { cache, clock } = cached(2);
  const rows = [sampleRow(), sampleRow(), sampleRow()];
  for (const row of rows) {
    clock.now += 1;
    cache.keep(row, cache.begin());
  }
  assert.deepEqual(
    rows.map(({ id }) => cache.get(id) !== undefined),
    [false, true, true],
  );
});

test("options that mean nothing are refused by name", () => {
  for (const [options, words] of [
    [{}, /cache\.staleness/],
    [{ staleness: "1h" }, /cache\.staleness is 1h; it can be from 10ms to 1m/],
    [{ staleness: "1s", rows: 0 }, /cache\.rows/],
    [{ staleness: "1s", stale: 1 }, /cache\.stale is no option/],
  ] as const) {
    assert.throws(() => Reflect.construct(BoundedRows, [options, () => 0]), { name: "TypeError", message: words });
  }
});
