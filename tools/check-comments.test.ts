import assert from "node:assert/strict";
import { test } from "node:test";
import { checkComments } from "./check-comments.ts";

const found = (text: string) => checkComments([{ path: "library/src/a.ts", text }]).map(({ line }) => line);
/** A line of `width` columns that begins so. */
const line = (begin: string, width: number) => begin + "x".repeat(width - begin.length);

test("comments: 120 columns pass, 121 do not, in each form of comment", () => {
  for (const begin of ["// ", "  // ", "/** ", "/* "]) {
    const end = begin.trim().startsWith("//") ? "" : "*/";
    assert.deepEqual(found(`${line(begin, 120 - end.length)}${end}\nconst a = 1;\n`), [], begin);
    assert.deepEqual(found(`const a = 1;\n${line(begin, 121 - end.length)}${end}\n`), [2], begin);
  }
});

test("comments: every line of a long one is looked at", () => {
  assert.deepEqual(found(`/**\n${line(" * ", 121)}\n * short\n${line(" * ", 140)}\n */\n`), [2, 4]);
});

test("comments: a line of a long one needs no star to be looked at", () => {
  assert.deepEqual(found(`/*\n${line("words ", 121)}\n${line("words ", 120)}\n*/\n`), [2]);
});

test("comments: code is not theirs, nor is text in a template that looks like one", () => {
  assert.deepEqual(found(`${line("const a = 1; // ", 130)}\nconst text = \`\n${line(" * ", 130)}\n\`;\n`), []);
});
