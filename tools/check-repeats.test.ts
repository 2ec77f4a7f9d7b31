import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRepeats } from "./check-repeats.ts";

const lines = (...numbers: number[]) => numbers.map((number) => `  step(${number});\n`).join("");
const found = (...texts: string[]) =>
  checkRepeats(texts.map((text, index) => ({ path: `library/src/f${index}.ts`, text }))).map(
    ({ path, line, message }) => `${path}:${line} ${message}`,
  );

test("repeats: six lines that stand twice are seen once, with both places; five are not", () => {
  const begin = lines(1, 2, 3, 4, 5, 6, 7, 8);
  assert.deepEqual(found(begin, `${lines(11)}${lines(2, 3, 4, 5, 6)}${lines(12)}`), []);
  assert.deepEqual(found(begin, `${lines(11)}${lines(2, 3, 4, 5, 6, 7, 8)}${lines(12)}`), [
    "library/src/f1.ts:2 repeats library/src/f0.ts:2",
  ]);
});

test("repeats: within one file too, whatever the indentation and the empty lines are", () => {
  const text = lines(1, 2, 3, 4, 5, 6);
  assert.deepEqual(found(`${text}other();\n${text.replaceAll("  ", "      ").replaceAll("\n", "\n\n")}`), [
    "library/src/f0.ts:8 repeats library/src/f0.ts:1",
  ]);
});

test("repeats: imports are alike without being repeated", () => {
  const head = 'import {\n  a,\n  b,\n  c,\n  d,\n  e,\n  f,\n} from "./x.ts";\nexport type { G } from "./g.ts";\n';
  assert.deepEqual(found(`${head}first();\n`, `${head}second();\n`), []);
});
