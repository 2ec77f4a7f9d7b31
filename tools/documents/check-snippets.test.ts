import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCommands, checkConfigurations, checkFirstScreens, compileSnippets } from "./check-snippets.ts";
import { examplesOf, snippetsOf } from "./snippets.ts";

const fence = "```";
const document = ["# Title", `${fence}ts`, "const a = 1;", fence, "text", `  ${fence}sh`, "  npm test", `  ${fence}`].join("\n");

test("snippets: fenced blocks are found with their lines, also indented", () => {
  assert.deepEqual(snippetsOf({ path: "a.md", text: document }), [
    { path: "a.md", line: 3, language: "ts", text: "const a = 1;" },
    { path: "a.md", line: 7, language: "sh", text: "npm test" },
  ]);
});

test("snippets: examples in docstrings are found", () => {
  const text = ["/**", " * Says.", " * @example", ` * ${fence}ts`, " * if (a) {", " *   b();", " * }", ` * ${fence}`, " */"].join(
    "\n",
  );
  assert.deepEqual(examplesOf({ path: "a.ts", text }), [{ path: "a.ts", line: 5, language: "ts", text: "if (a) {\n  b();\n}" }]);
});

test("snippets: one that does not compile is seen at its line, one that does is not", () => {
  const snippet = (line: number, text: string) => ({ path: `a-${line}.md`, line, language: "ts", text });
  const found = compileSnippets([
    snippet(3, 'const a: number = 1;\nconst wrong: number = "text";'),
    snippet(9, "const a = await Promise.resolve(1);"),
    snippet(12, "const b: { c: number } = { d: 1, … }; String(…);"),
  ]);
  assert.deepEqual(
    found.filter(({ path }) => path.endsWith(".md")).map(({ path, line }) => [path, line]),
    [["a-3.md", 4]],
  );
});

test("snippets: a command of npm that does not exist is seen", () => {
  const text = "npm ci && npm test\nnpm run -s absent\nnpm run check # npm run nothing-else";
  const found = checkCommands([{ path: "a.md", line: 5, language: "sh", text }], new Set(["test", "check", "nothing-else"]));
  assert.deepEqual(
    found.map(({ line, message }) => [line, message]),
    [[6, "npm has no script absent"]],
  );
});

test("snippets: a configuration is the file that it names, or it is wrong", () => {
  const read = (path: string) => (path === "docs/guides/nginx.conf" ? "server {\n}\n" : undefined);
  const verdict = (text: string, language = "nginx") =>
    checkConfigurations([{ path: "a.md", line: 1, language, text }], read).map(({ message }) => message);
  assert.deepEqual(verdict("# docs/guides/nginx.conf\nserver {\n}"), []);
  assert.deepEqual(verdict("# docs/guides/nginx.conf\nserver { other; }"), ["is not what docs/guides/nginx.conf says"]);
  assert.deepEqual(verdict("# docs/guides/absent.yaml\nx: 1", "yaml"), ["there is no docs/guides/absent.yaml"]);
  assert.match(verdict("server {}").join(), /names no file/);
  assert.deepEqual(verdict("x: 1", "yaml"), []);
});

test("snippets: a page that shows nothing on its first screen is seen", () => {
  const page = (lines: number) => ({ path: `${lines}.md`, text: `${"text\n".repeat(lines)}${fence}sh\nnpm test\n${fence}\n` });
  const found = checkFirstScreens([page(0), page(23), page(24), { path: "words.md", text: "only words\n" }]);
  assert.deepEqual(
    found.map(({ path }) => path),
    ["24.md", "words.md"],
  );
});
