import assert from "node:assert/strict";
import { test } from "node:test";
import { declarationsOf, lacking } from "./check-examples.ts";

const FILES: { readonly [path: string]: string } = {
  "library/src/index.ts": 'export { make } from "./make.ts";\nexport type * from "./types.ts";\n',
  "library/src/make.ts": [
    "/**\n * Makes.\n *\n * @example\n * ```ts\n * make();\n * ```\n */",
    "export function make(): void;",
    "export function make(size?: number): void {}",
    "/** Not published. */\nexport const hidden = 1;",
  ].join("\n"),
  "library/src/types.ts": [
    "/** Bare. */\nexport interface MakeOptions {\n  readonly size: number;\n}",
    "export type Size = number;",
    "export interface Session {\n  /** @example */\n  login(): void;\n  /** Says. */\n  rotate(): void;\n}",
  ].join("\n"),
};
const read = (path: string): string => FILES[path] ?? "";

test("examples: names are found where they are declared, and only those that are published", () => {
  const names = declarationsOf("library/src/index.ts", read).map(({ path, name }) => `${path}:${name}`);
  const types = ["MakeOptions", "Size", "Session"].map((name) => `library/src/types.ts:${name}`);
  assert.deepEqual(names, ["library/src/make.ts:make", ...types]);
});

test("examples: options and methods that an app calls need one, other types do not", () => {
  const found = lacking("coatcheck", "library/src/index.ts", read).map(({ message }) => message.split(" ", 1)[0]);
  assert.deepEqual(found, ["MakeOptions", "Session.rotate"]);
});

test("examples: a value without one is named, unless its entry needs none", () => {
  const bare = () => "/** Says. */\nexport const make = () => 1;\n";
  assert.deepEqual(lacking("coatcheck/x", "library/src/x.ts", bare), [
    { path: "library/src/x.ts", message: "make of coatcheck/x has no @example to copy from" },
  ]);
  assert.deepEqual(lacking("coatcheck/adapter", "library/src/adapter.ts", bare), []);
});
