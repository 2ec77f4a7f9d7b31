import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenize } from "./tokens.ts";

const texts = (source: string) => tokenize(source).code.map((token) => token.text);

test("comments and strings are not code", () => {
  const { code, comments } = tokenize('const a = "Date"; // Date\n/* Promise */ b();');
  assert.deepEqual(
    code.filter((token) => token.kind === "name").map((token) => token.text),
    ["const", "a", "b"],
  );
  assert.deepEqual(
    comments.map((comment) => [comment.line, comment.text]),
    [
      [1, "// Date"],
      [2, "/* Promise */"],
    ],
  );
});

test("a regular expression is one token, a division is not", () => {
  assert.deepEqual(texts("x = /a'b/g.test(y)"), ["x", "=", "/a'b/g", ".", "test", "(", "y", ")"]);
  assert.deepEqual(texts("x = a / b / c"), ["x", "=", "a", "/", "b", "/", "c"]);
  assert.deepEqual(texts("return /\\}/"), ["return", "/\\}/"]);
});

test("code within a template is code, also nested, with braces and after it", () => {
  const { code } = tokenize("f(`a ${b({ c: `${d}` })} Date ${e}`); g();");
  assert.deepEqual(
    code.filter((token) => token.kind === "name").map((token) => token.text),
    ["f", "b", "c", "d", "e", "g"],
  );
  assert.ok(code.some((token) => token.kind === "template" && token.text === " Date "));
});

test("lines are counted", () => {
  assert.deepEqual(
    tokenize("a\n\n'b'\n`c\n`\nd").code.map((token) => token.line),
    [1, 3, 4, 6],
  );
});
