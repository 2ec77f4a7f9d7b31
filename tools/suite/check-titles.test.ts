import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTitles } from "./check-titles.ts";

const found = (text: string) => checkTitles([{ path: "library/src/a.test.ts", text }]).map(({ line }) => line);
const long = "x".repeat(101);

test("titles: 100 characters pass, 101 do not, in quotes, in a template and on a line of their own", () => {
  for (const [open, close] of ['test("', "test(`", 'for (const a of b)\n  test("', 'test(\n  "', 'await context.test("'].map(
    (begin) => [begin, begin.at(-1) ?? ""] as const,
  )) {
    assert.equal(found(`${open}${long.slice(1)}${close}, () => {});\n`).length, 0, open);
    assert.equal(found(`${open}${long}${close}, () => {});\n`).length, 1, open);
  }
});

test("titles: ids stand first, and what only looks like one stands anywhere", () => {
  assert.deepEqual(found('test("S-17 RF-05, F-30 it holds", () => {});\n'), []);
  assert.deepEqual(found('test("it holds as UTF-8, of SHA-256", () => {});\n'), []);
  assert.deepEqual(found('const a = 1;\ntest("it holds, says S-17", () => {});\n'), [2]);
});
