import assert from "node:assert/strict";
import { test } from "node:test";
import { checkUnusedExports } from "./check-unused-exports.ts";

const told = (files: { readonly [path: string]: string }, published: readonly string[] = []) =>
  checkUnusedExports(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    (path) => path.startsWith("library/src/") && !path.endsWith(".test.ts"),
    new Set(published),
  ).map(({ path, line, message }) => `${path}:${line} ${message.split(",")[0]}`);

test("an exported name that no other file imports is told", () => {
  const text =
    "export const a = 1;\nexport abstract class B {}\nexport async function* c() {}\nexport interface D {}\nexport type E = 1;";
  assert.deepEqual(told({ "library/src/x.ts": text }), [
    "library/src/x.ts:1 exports a",
    "library/src/x.ts:2 exports B",
    "library/src/x.ts:3 exports c",
    "library/src/x.ts:4 exports D",
    "library/src/x.ts:5 exports E",
  ]);
});

test("an exported name is told in lists too, by the name that others see", () => {
  const text =
    'const a = 1;\nexport { a, b as c };\nexport type { D };\nexport const { e, f: g } = h;\nexport { i as j } from "./z.ts";';
  const names = told({ "library/src/x.ts": text }).map((one) => one.replace("library/src/x.ts:", ""));
  assert.deepEqual(names, ["2 exports a", "2 exports c", "3 exports D", "4 exports e", "4 exports g", "5 exports j"]);
  assert.deepEqual(told({ "library/src/x.ts": text, "library/src/y.ts": 'import { a, c, D, e, g, j } from "./x.ts";' }), []);
});

const uses = [
  'import { a } from "./x.ts";',
  'import { type a, b } from "./x.ts";',
  'import type { b, a as c } from "./x.ts";',
  'import * as x from "./x.ts";',
  'export { a as b } from "./x.ts";',
  'export * from "./x.ts";',
  'export type * from "./x.ts";',
  'const { a } = await import("./x.ts");',
];

for (const text of uses) {
  test(`an exported name is used by: ${text}`, () => {
    const files = { "library/src/x.ts": "export const a = 1;", "library/src/y.test.ts": text };
    assert.deepEqual(told(files), []);
  });
}

test("a name is not used by another file's name, by an alias, or by its own file", () => {
  const y = 'import { b as a } from "./x.ts";\nimport { a as c } from "./z.ts";';
  assert.deepEqual(told({ "library/src/x.ts": "export const a = 1;\na;", "library/src/y.ts": y }), [
    "library/src/x.ts:1 exports a",
  ]);
});

test("what an entry point declares is published, and other folders are not looked at", () => {
  const files = { "library/src/index.ts": "export const a = 1;", "bench/x.ts": "export const b = 1;" };
  assert.deepEqual(told(files, ["library/src/index.ts"]), []);
});
