import assert from "node:assert/strict";
import { test } from "node:test";
import { checkEscapes, checkUnread } from "./check-escapes.ts";

const found = (text: string, path = "library/src/x.ts") => checkEscapes([{ path, text }]).map(({ message }) => message);
const ignore = ["@ts", "ignore"].join("-");
const expectError = ["@ts", "expect-error"].join("-");
const unfinished = ["TO", "DO"].join("");

const planted: readonly (readonly [text: string, message: RegExp, path?: string])[] = [
  ["let x: any;", /type any/],
  ["const x = y as any;", /type any/],
  ["let x: Map<string, number> | any;", /type any/],
  ["export default 1;", /default export/],
  ["let x: Map<string, any>;", /type any/],
  ["let x: [string, any];", /type any/],
  ["let x: (any)[];", /type any/],
  ["function f(...x: readonly any[]) {}", /type any/],
  ["function f(x: unknown): x is any {}", /type any/],
  ["type X<T> = T extends string ? any : T;", /type any/],
  ["type X = keyof any;", /type any/],
  ["let x: \\u0061ny;", /escape/],
  ["export { x as default };", /default export/],
  ['export { default } from "./x.ts";', /default export/],
  ["const x = y as Z;", /a cast/],
  ["const x = y as unknown as Z;", /cast through unknown/],
  ["const x = (y as unknown) as Z;", /cast through unknown/],
  ["const x = f(y) as never;", /a cast/],
  ["const x = <Z>y;", /a cast/],
  ["f(<Z>(y));", /a cast/],
  ["const x = y!.z;", /not to be undefined/],
  ["f(y[0]!);", /not to be undefined/],
  ["let x!: number;", /not to be undefined/],
  ["eval(x);", /made of a text/],
  ["new Function(x);", /made of a text/],
  ["throw new Error('not implemented');", /unfinished/],
  [`// ${ignore}\nx();`, /silences/],
  [`// ${expectError}\nx();`, /silences/],
  ["// biome-ignore lint: because\nx();", /silences/],
  [`// ${unfinished}: later`, /unfinished/],
  ["// eslint-disable-next-line no-x\nx();", /silences/],
  ["/* eslint-disable */", /silences/],
  ["// biome-ignore-all lint: x", /silences/],
  ["// deno-lint-ignore no-x", /silences/],
  ["// prettier-ignore", /silences/],
  ["/* v8 ignore next */", /silences/],
  ["/* c8 ignore start */", /silences/],
  ["/* istanbul ignore else */", /silences/],
  ["/* node:coverage disable */", /silences/],
  ["// oxlint-disable-line", /silences/],
  ["// tslint:disable:no-x", /silences/],
  ["// Stryker disable all", /silences/],
  ["// NOSONAR", /silences/],
  ["// nosemgrep: x", /silences/],
  ["// cspell:disable", /silences/],
  ["// noinspection X", /silences/],
  ['/// <reference path="../x.ts" />', /silences/],
  [`// ${unfinished.toLowerCase()}: later`, /unfinished/],
  ["// is not yet implemented", /unfinished/],
  ["test.skip('x', f);", /left out by skip/, "a.test.ts"],
  ["it('x', { only: true }, f);", /left out by only/, "a.test.ts"],
  ["t.todo('x');", /left out by todo/, "a.test.ts"],
  ["test['skip']('x', f);", /left out by skip/, "a.test.ts"],
  ["test?.skip('x', f);", /left out by skip/, "a.test.ts"],
  ["const leave = test.skip;", /left out by skip/, "a.test.ts"],
  ["const { skip } = test;", /left out by skip/, "a.test.ts"],
  ["const { skip: leave } = test;", /left out by skip/, "a.test.ts"],
  ['import { skip } from "node:test";', /left out by skip/, "a.test.ts"],
  ['import { only as run } from "node:test";', /left out by only/, "a.test.ts"],
  ['import { test as check } from "node:test"; check.only("x", f);', /left out by only/, "a.test.ts"],
  ['import * as runner from "node:test"; runner.todo("x");', /left out by todo/, "a.test.ts"],
  ["test('x', async (own) => { own.skip(); });", /left out by skip/, "a.test.ts"],
  ["test('x', function (own) { own.skip(); });", /left out by skip/, "a.test.ts"],
  ["test('x', (own: TestContext) => own.todo());", /left out by todo/, "a.test.ts"],
  ["test('x', { 'skip': true }, f);", /left out by skip/, "a.test.ts"],
  ["test('x', { skip }, f);", /left out by skip/, "a.test.ts"],
];

for (const [text, message, path] of planted) {
  test(`escapes: seen in: ${text.replace(/\n/g, " ")}`, () => {
    assert.equal(found(text, path).length, 1);
    assert.match(found(text, path)[0] ?? "", message);
  });
}

test("escapes: a source that no rule reads is seen, and an exception that is none any more", () => {
  const paths = ["library/src/a.js", "library/src/b.d.ts", "gateway/src/c.mjs", "tools/d.cjs", "x.jsx", "library/src/e.ts"];
  assert.deepEqual(
    checkUnread(paths, { "tools/d.cjs": "why" }).map(({ path }) => path),
    ["library/src/a.js", "library/src/b.d.ts", "gateway/src/c.mjs", "x.jsx"],
  );
  assert.deepEqual(
    checkUnread([], { "tools/d.cjs": "why" }).map(({ path }) => path),
    ["tools/d.cjs"],
  );
});

test("escapes: what only looks like one", () => {
  assert.deepEqual(
    found("const x = [1] as const; const y = [] as string[]; import { a as b, type C as D } from 'x'; x.as(y);"),
    [],
  );
  assert.deepEqual(
    found("import * as z from 'z'; import w, { v as u } from 'y'; export { a as b }; export type { A as B };"),
    [],
  );
  assert.deepEqual(
    found("type X = { [K in keyof T as Y<K>]: T[K] }; const f = <T>(x: T): T => x; a < b; if (!x) g(!y, a !== b);"),
    [],
  );
  assert.deepEqual(
    found("const g = async <T,>(x: T) => x; new Map<string, number>(); f<X>(y); // disabled, and ignored as a fixme-free word"),
    [],
  );
  assert.deepEqual(found("push({ effort, only }); const { only } = options; f({ only: false });", "a.test.ts"), []);
  assert.deepEqual(found("await Promise.any(x); AbortSignal.any([a]); const s = 'as any'; // any of them"), []);
  assert.deepEqual(found("switch (x) { default: f(); } parser.skip(1); const o = { only: 1 };"), []);
  assert.deepEqual(found(`// ${expectError}: data is read-only\nx();`, "library/test/types/session.ts"), []);
  assert.deepEqual(found("range.skip(2); test('x', { skip: false }, f);", "a.test.ts"), []);
});
