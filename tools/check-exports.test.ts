import assert from "node:assert/strict";
import { test } from "node:test";
import { compareSnapshots, exportsOf } from "./check-exports.ts";

const files: { readonly [path: string]: string } = {
  "src/index.ts": [
    'export { a, type B, c as d } from "./x.ts";',
    'export type { E, F as G } from "./x.ts";',
    'export * from "./y.ts";',
    'export type * from "./t.ts";',
    'export * as z from "./x.ts";',
    "export const h = 1;",
    "export async function i() {}",
    "export function* j() {}",
    "export abstract class K {}",
    "export interface L {}",
    "export type M = { export: 1 };",
    "// export const no = 1;",
  ].join("\n"),
  "src/t.ts": "export interface T {} export const u = 1;",
  "src/y.ts": "export const y = 1; const hidden = 2;",
};

test("exports: every spelling of an export is read", () => {
  const names = exportsOf("src/index.ts", (path) => files[path] ?? "");
  assert.deepEqual(names, [
    "K",
    "a",
    "d",
    "h",
    "i",
    "j",
    "type B",
    "type E",
    "type G",
    "type L",
    "type M",
    "type T",
    "type u",
    "y",
    "z",
  ]);
});

test("exports: a name lost, a name added and a kind changed are seen", () => {
  const found = compareSnapshots({ coatcheck: ["a", "b", "C"] }, { coatcheck: ["a", "d", "type C"] });
  assert.deepEqual(
    found.map(({ message }) => message),
    [
      "no longer exports b",
      "no longer exports C",
      "exports d, which is not pinned; if it is meant: node tools/check-exports.ts --update",
      "exports type C, which is not pinned; if it is meant: node tools/check-exports.ts --update",
    ],
  );
  assert.equal(compareSnapshots({ "coatcheck/x": ["a"] }, {}).length, 1);
});
