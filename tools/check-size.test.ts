import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSize } from "./check-size.ts";

const file = (lines: number) => ({ path: "library/src/x.ts", text: "x;\n".repeat(lines) });

test("size: 300 lines pass, 301 do not", () => {
  assert.deepEqual(checkSize([file(300)]), []);
  assert.match(checkSize([file(301)])[0]?.message ?? "", /has 301 lines/);
});

test("size: a range notes what is worth a look", () => {
  assert.equal(checkSize([file(250), file(251), file(300), file(301)], 250, 300).length, 2);
});
