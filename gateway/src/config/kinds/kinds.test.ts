import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { isRefused, readKind as read } from "../../../test-support/read-kind.ts";
import { Place } from "../sources/place.ts";
import { duration, flag, integer, oneOf, sealingSecret, secretText, shown, size, text, textMap } from "./kinds.ts";

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
    [
      size(10, 2048),
      [10, "10", " 11\n", "2KiB", "2 kib", "2kb", "10b"],
      [9, "9", "3KiB", 2049, "", "KiB", "1.5KiB", "2x", -10, null],
    ],
  ] as const) {
    for (const raw of taken) assert.equal(isRefused<number>(kind, raw), false, `${kind.label}: ${raw}`);
    for (const raw of refused) assert.equal(isRefused<number>(kind, raw), true, `${kind.label}: ${raw}`);
  }
  assert.deepEqual(
    [read(integer(2, 5), "3"), read(duration("0"), 0), read(duration("0"), "1m30s"), read(duration("0"), "0")],
    [3, 0, 90_000, 0],
  );
  assert.deepEqual(
    ["1", "1b", "1KB", "1kiB", "1mb", "1MiB", "1gb", "1GiB"].map((raw) => read(size(0, 2 ** 40), raw)),
    [1, 1, 1e3, 1024, 1e6, 1024 ** 2, 1e9, 1024 ** 3],
  );
  for (const raw of ["1k", "1M", "1Gi"]) assert.match(String(read(size(0, 2 ** 40), raw)), /, which is no size/);
});

test("F-46 texts are trimmed, not empty, and no names in the place of values; of a secret nothing is shown", () => {
  for (const kind of [text, secretText]) {
    assert.equal(read(kind, " a b "), "a b");
    for (const raw of ["", "  ", 7, null]) assert.equal(isRefused(kind, raw), true);
    for (const raw of ["$SECRET", " ${SECRET} ", "${SECRET:-x}", "$(cat file)"])
      assert.match(String(read(kind, raw)), /is a name instead/);
    for (const raw of ["$secret", "a$B", "$5", "${}"]) assert.equal(read(kind, raw), raw);
  }
  assert.deepEqual(read(textMap, { a: "1", b: "" }), { a: "1", b: "" });
  for (const raw of [[], null, "a", { a: 1 }]) assert.equal(isRefused(textMap, raw), true);
});

test("F-46 of a few words one is taken as it is written, and what was meant is said", () => {
  const kind = oneOf(["memory", "sqlite"]);
  assert.equal(read(kind, "sqlite"), "sqlite");
  assert.match(String(read(kind, "SQLite")), / is SQLite It is one of memory, sqlite\. Did you mean sqlite\? /);
  for (const raw of ["", 1, null]) assert.match(String(read(kind, raw)), / It is one of memory, sqlite\. Set /);
});

test("F-46 the bounds of a time are said, also where they are the usual ones", () => {
  assert.match(String(read(duration("1h"), "59m")), / It is between 1h and 400d\. /);
  assert.match(String(read(duration("1s", "2s"), "3s")), / It is between 1s and 2s\. /);
});

test("F-46 a sealing secret is trimmed; what is wrong with it is said on lines of its own, and it is not", () => {
  const secret = randomBytes(32).toString("base64url");
  assert.equal(read(sealingSecret, ` ${secret}\n`), secret);
  const place = new Place({ given: new Map(), variables: new Map(), directory: "/" }, ["secrets", 0]);
  assert.equal(sealingSecret.read("canary", place), undefined);
  assert.deepEqual(place.problems, [
    {
      headline: "the secret is too short",
      lines: ["secrets[0] has 6 bytes; it needs 32 random ones.", "Make one:  npx coatcheck secret"],
    },
  ]);
  for (const raw of [7, null]) assert.equal(isRefused(sealingSecret, raw), true);
});

test("F-46 what is shown of a value is printable, and eighty characters long at most", () => {
  assert.equal(shown("a\u001b[31m\u00eb"), "a?[31m?");
  assert.equal(shown("x".repeat(80)), "x".repeat(80));
  assert.equal(shown("x".repeat(81)), `${"x".repeat(77)}...`);
  assert.deepEqual([shown({ a: 1 }), shown(undefined), shown(7)], ['{"a":1}', "undefined", "7"]);
});
