import assert from "node:assert/strict";
import { test } from "node:test";
import { checkEscapes } from "./check-escapes.ts";

const found = (text: string, path = "library/src/x.ts") => checkEscapes([{ path, text }]).map(({ message }) => message);
const ignore = ["@ts", "ignore"].join("-");
const expectError = ["@ts", "expect-error"].join("-");
const unfinished = ["TO", "DO"].join("");

const planted: readonly (readonly [text: string, message: RegExp, path?: string])[] = [
  ["let x: any;", /type any/],
  ["const x = y as any;", /type any/],
  ["let x: Map<string, number> | any;", /type any/],
  ["export default 1;", /default export/],
  ["const x = y as unknown as Z;", /cast through unknown/],
  [`// ${ignore}\nx();`, /silences/],
  [`// ${expectError}\nx();`, /silences/],
  ["// biome-ignore lint: because\nx();", /silences/],
  [`// ${unfinished}: later`, /unfinished/],
  ["test.skip('x', f);", /left out by skip/, "a.test.ts"],
  ["it('x', { only: true }, f);", /left out by only/, "a.test.ts"],
  ["t.todo('x');", /left out by todo/, "a.test.ts"],
];

for (const [text, message, path] of planted) {
  test(`escapes: seen in: ${text.replace(/\n/g, " ")}`, () => {
    assert.equal(found(text, path).length, 1);
    assert.match(found(text, path)[0] ?? "", message);
  });
}

test("escapes: what only looks like one", () => {
  assert.deepEqual(found("await Promise.any(x); AbortSignal.any([a]); const s = 'as any'; // any of them"), []);
  assert.deepEqual(found("switch (x) { default: f(); } parser.skip(1); const o = { only: 1 };"), []);
  assert.deepEqual(found(`// ${expectError}: data is read-only\nx();`, "library/test/types/session.ts"), []);
  assert.deepEqual(found("range.skip(2); test('x', { skip: false }, f);", "a.test.ts"), []);
});
