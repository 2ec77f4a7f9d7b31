/** Which file is read, and what is said of one that cannot be. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { type TemporaryFolder, temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { readConfigFile } from "./file.ts";

let directory: TemporaryFolder;
beforeEach(() => {
  directory = temporaryFolder("file");
});
afterEach(() => directory[Symbol.dispose]());

/** What is read where these files are; of a problem its headline and its line. */
function read(files: Readonly<Record<string, string>>, named?: string): unknown {
  for (const [name, text] of Object.entries(files)) directory.write(name, text);
  const { name, content, problems } = readConfigFile(named, directory.path);
  const [problem] = problems;
  if (problem === undefined) return [name, content];
  assert.deepEqual([problems.length, content], [1, {}]);
  return [name, problem.headline, ...problem.lines];
}

test("F-46 without a name it is the one that is there, and two are too many", () => {
  assert.deepEqual(read({}), [undefined, {}]);
  assert.deepEqual(read({ "coatcheck.config.json": '{ "prefix": "/a" }' }), ["coatcheck.config.json", { prefix: "/a" }]);
  assert.deepEqual(read({ "coatcheck.config.yaml": "prefix: /b" }), [
    "coatcheck.config.yaml",
    "there are two configuration files",
    "Keep one of coatcheck.config.yaml and coatcheck.config.json, or name it:  --config FILE",
  ]);
  assert.deepEqual(read({}, "coatcheck.config.json"), ["coatcheck.config.json", { prefix: "/a" }]);
  assert.deepEqual(read({ other: "prefix: /c" }, "other"), ["other", { prefix: "/c" }]);
});

test("F-46 a file of nothing but comments says nothing, and is no mistake", () => {
  for (const text of ["", "\n", "# prefix: /a\n", "null", "~"]) assert.deepEqual(read({ a: text }, "a"), ["a", {}], text);
});

test("F-46 what is no list of settings is refused", () => {
  for (const text of ["- a", "[]", "a", "7", "true"])
    assert.deepEqual(read({ a: text }, "a"), [
      "a",
      "the configuration file a is no list of settings",
      "It holds keys and values, for example:  publicUrl: https://app.example.com",
    ]);
});

test("F-46 why a file cannot be read is said", () => {
  mkdirSync(directory.file("folder"));
  symlinkSync("loop", directory.file("loop"));
  for (const [name, why] of [
    ["none", "There is no such file."],
    ["folder", "Reading it failed (EISDIR)."],
    ["loop", "Reading it failed (ELOOP)."],
  ] as const)
    assert.deepEqual(read({}, name), [name, `the configuration file ${name} cannot be read`, why]);
});

test("F-46 a file that this user may not read is told as that", () => {
  writeFileSync(directory.file("hidden"), "", { mode: 0o000 });
  const isRoot = process.geteuid?.() === 0;
  // Nothing is hidden from root.
  if (isRoot) process.seteuid?.(65_534);
  try {
    assert.deepEqual(read({}, "hidden"), [
      "hidden",
      "the configuration file hidden cannot be read",
      "This user may not read it.",
    ]);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test("F-46 a file that grows without end while it is read is refused", () => {
  const names = Array.from({ length: 9 }, (_, at) => `l${at}`);
  const grows = names.map((name, at) => `${name}: &${name} [${at === 0 ? "a" : Array(9).fill(`*${names[at - 1]}`)}]`);
  assert.deepEqual(read({ a: grows.join("\n") }, "a"), [
    "a",
    "the configuration file a cannot be read",
    "Reading it failed (unknown).",
  ]);
  assert.deepEqual(read({ a: "session: &s { idle: 5m }\nlimits: *s" }, "a"), [
    "a",
    { session: { idle: "5m" }, limits: { idle: "5m" } },
  ]);
});

test("F-46 a mistake is told by its line and column, and what it is", () => {
  assert.deepEqual(read({ a: "prefix: /a\nprefix: /b\n" }, "a"), [
    "a",
    "the configuration file a is not valid at line 2, column 1",
    "It is YAML or JSON. A key stands twice in the same list.",
  ]);
  assert.deepEqual(read({ a: "%YAML\n---\nprefix: /a\n" }, "a"), [
    "a",
    "the configuration file a is not valid at line 1, column 1",
    "It is YAML or JSON. The parser says BAD_DIRECTIVE.",
  ]);
});
