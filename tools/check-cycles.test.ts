import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCycles } from "./check-cycles.ts";

const file = (name: string, ...imports: string[]) => ({
  path: `library/src/${name}.ts`,
  text: imports.map((target) => `import type { X } from "${target}";\n`).join(""),
});
const found = (...files: ReturnType<typeof file>[]) => checkCycles(files).map(({ path, line }) => `${path}:${line}`);

test("cycles: files that import one another are seen, by type-only imports too, each at its line", () => {
  const files = [file("core/a", "./b.ts"), file("core/b", "node:fs", "../core/a.ts"), file("core/c", "./a.ts")];
  assert.deepEqual(found(...files), ["library/src/core/a.ts:1", "library/src/core/b.ts:2"]);
});

test("cycles: a circle of three is seen, and what only leads into it is not", () => {
  const files = [file("in", "./a.ts"), file("a", "./b.ts"), file("b", "./c.ts"), file("c", "./a.ts", "./out.ts"), file("out")];
  assert.deepEqual(found(...files), ["library/src/a.ts:1", "library/src/b.ts:1", "library/src/c.ts:1"]);
});

test("cycles: two circles that share nothing are both seen, and so is a file that imports itself", () => {
  const files = [file("a", "./b.ts"), file("b", "./a.ts"), file("x", "./a.ts", "./x.ts")];
  assert.deepEqual(found(...files), ["library/src/a.ts:1", "library/src/b.ts:1", "library/src/x.ts:2"]);
});

test("cycles: two ways to one file are no circle", () => {
  assert.deepEqual(found(file("a", "./b.ts", "./c.ts"), file("b", "./d.ts"), file("c", "./d.ts"), file("d")), []);
});
