import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMembers } from "./check-one-place.ts";
import { checkConditionalMembers } from "./conditional-members.ts";

const path = "library/src/x.ts";
const linesIn = (text: string) => checkConditionalMembers([{ path, text }]).map(({ line }) => line);

const planted = [
  "const a = { ...(x === undefined ? {} : { x }) };",
  "const a = { b, ...(x !== undefined ? { x } : {}) };",
  "const a = { ...((x ? ({ x }) : ({}))) };",
  "const a = { ...(x === undefined\n      ? {}\n      : { x: { y: 1 } }) };",
  "const a = { ...(x && { x }) };",
  "const a = { ...x && { x } };",
  'const a = { ...(typeof x === "string" && { x }), b };',
  "const a = { ...(x === null || { x }) };",
  "const a = { ...(x ? { x } : undefined) };",
  "const a = { ...(x ? null : { x }) };",
  "const a = { ...(x ? made(x) : {}) };",
  "const a = { ...(x ? {} : y ? { y } : { z }) };",
  "const a = x === undefined ? {} : { x };",
  "f(x ? { x } : {});",
  "const a = (x: number) => (x > 0 ? { [`a${x}`]: x } : {});",
];

for (const text of planted) {
  test(`members on a condition are seen in: ${text.replaceAll("\n", " ")}`, () => assert.equal(linesIn(text)[0], 1));
}

test("what is no member on a condition", () => {
  assert.deepEqual(linesIn("const a = [...(x ? [y] : []), ...(x || [])]; f(...(x && y));"), []);
  assert.deepEqual(linesIn("const a = { ...(x ? { x } : { y }), ...(x ?? {}), ...(x || {}), ...f(x && { x }) };"), []);
  assert.deepEqual(linesIn("const a = x ?? {}; const b = x === undefined ? {} : made(x); function f(c?: {}) {}"), []);
  assert.deepEqual(linesIn('const s = "{ ...(x ? {} : { x }) }"; // ...(x && { x })'), []);
});

test("a place is told by its line, and an exception that is none any more is told", () => {
  const text = "const b = 1;\nconst a = {\n  ...(b && { b }),\n};\n";
  assert.deepEqual(
    checkMembers([{ path, text }], {}).map(({ line }) => line),
    [3],
  );
  assert.deepEqual(checkMembers([{ path, text }], { [path]: "why" }), []);
  assert.equal(checkMembers([], { [path]: "why" })[0]?.path, path);
});
