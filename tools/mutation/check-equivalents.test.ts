import assert from "node:assert/strict";
import { test } from "node:test";
import { checkEquivalents } from "./check-equivalents.ts";

const sources = [{ path: "library/src/core/plan.ts", text: "const a = 1;\nif (a > 0) b();\n" }];

test("equivalents: a mutant that is set aside names a line of a file that is there", () => {
  assert.deepEqual(checkEquivalents([{ path: "core/plan.ts", line: "a > 0" }], sources), []);
  const gone = checkEquivalents([{ path: "core/plan.ts", line: "a >= 0" }], sources);
  assert.match(gone[0]?.message ?? "", /core\/plan\.ts aside, on a line that is not there: a >= 0$/);
  const moved = checkEquivalents([{ path: "engine/plan.ts", line: "a > 0" }], sources);
  assert.match(moved[0]?.message ?? "", /engine\/plan\.ts aside, which is not there$/);
});
