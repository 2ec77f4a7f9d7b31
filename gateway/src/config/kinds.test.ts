import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, flag, integer, oneOf, secretText, shown, size, text, textMap } from "./kinds.ts";
import { Place } from "./place.ts";
import type { Kind } from "./shape.ts";

/** What a kind makes of a value: the value, or what is wrong with it. */
function read<Value>(kind: Kind<Value>, raw: unknown): unknown {
  const place = new Place({ given: new Map(), variables: new Map(), directory: "/" });
  const value = kind.read(raw, place);
  const [problem] = place.problems;
  return problem === undefined ? value : `! ${problem.headline}`;
}

const isRefused = <Value>(kind: Kind<Value>, raw: unknown): boolean => String(read(kind, raw)).startsWith("! ");

test("F-46 truth is said in six ways", () => {
  for (const raw of [true, "true", "1"]) assert.equal(read(flag, raw), true);
  for (const raw of [false, "false", "0"]) assert.equal(read(flag, raw), false);
  for (const raw of [1, 0, "", "yes", "TRUE", null, undefined]) assert.equal(isRefused(flag, raw), true, String(raw));
});

test("F-46 numbers, times and sizes are taken from their least to their most", () => {
  for (const [kind, taken, refused] of [
    [integer(2, 5), [2, 5, "2", " 5 "], [1, 6, "1", "6", 2.5, "2.5", "", null, true]],
    [duration("1s", "5m"), ["1s", "5m", " 60s "], ["999ms", "301s", "0", 0, 1000, "", "soon", null]],
    [duration("0", "2m"), ["0", 0, "2m"], ["121s", 1]],
    [duration("1h"), ["400d"], ["401d"]],
    [size(10, 2048), [10, "10", "2KiB", "2 kib", "2kb", "10b"], [9, "9", "3KiB", 2049, "", "KiB", "1.5KiB", "2x", -10, null]],
  ] as const) {
    for (const raw of taken) assert.equal(isRefused<number>(kind, raw), false, `${kind.label}: ${raw}`);
    for (const raw of refused) assert.equal(isRefused<number>(kind, raw), true, `${kind.label}: ${raw}`);
  }
  assert.deepEqual(
    [read(integer(2, 5), "3"), read(duration("0"), 0), read(duration("0"), "1m30s"), read(duration("0"), "0")],
    [3, 0, 90_000, 0],
  );
  assert.deepEqual(
    ["1", "1b", "1k", "1KB", "1kiB", "1M", "1mb", "1MiB", "1gb", "1GiB"].map((raw) => read(size(0, 2 ** 40), raw)),
    [1, 1, read(size(0, 2 ** 40), "1k"), 1e3, 1024, read(size(0, 2 ** 40), "1M"), 1e6, 1024 ** 2, 1e9, 1024 ** 3],
  );
});

test("F-46 texts are trimmed, not empty, and no names in the place of values; of a secret nothing is shown", () => {
  for (const kind of [text, secretText]) {
    assert.equal(read(kind, " a b "), "a b");
    for (const raw of ["", "  ", 7, null]) assert.equal(isRefused(kind, raw), true);
    for (const raw of ["$SECRET", " ${SECRET} ", "${SECRET:-x}", "$(cat file)"])
      assert.match(String(read(kind, raw)), /is a name in the place/);
    for (const raw of ["$secret", "a$B", "$5", "${}"]) assert.equal(read(kind, raw), raw);
  }
  assert.deepEqual(read(textMap, { a: "1", b: "" }), { a: "1", b: "" });
  for (const raw of [[], null, "a", { a: 1 }]) assert.equal(isRefused(textMap, raw), true);
});

test("F-46 of a few words one is taken as it is written, and what was meant is said", () => {
  const kind = oneOf(["memory", "sqlite"]);
  assert.equal(read(kind, "sqlite"), "sqlite");
  for (const raw of ["SQLite", "", 1, null]) assert.equal(isRefused(kind, raw), true);
});

test("F-46 what is shown of a value is printable, and eighty characters long at most", () => {
  assert.equal(shown("a\u001b[31m\u00eb"), "a?[31m?");
  assert.equal(shown("x".repeat(80)), "x".repeat(80));
  assert.equal(shown("x".repeat(81)), `${"x".repeat(77)}...`);
  assert.deepEqual([shown({ a: 1 }), shown(undefined), shown(7)], ['{"a":1}', "undefined", "7"]);
});
