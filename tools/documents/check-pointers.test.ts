import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPointers } from "./check-pointers.ts";

const DESIGN = "# X\n\n## 1. The flow\n\n1. One.\n2. Two.\n5. Five.\n\n## 2. What is stored, and where\n\n6. Not of section 1.\n";
const KNOWN = new Set([
  "docs/design.md",
  "docs/guides/nginx.md",
  "README.md",
  "library/src/a.ts",
  "library/src/engine/request/touch.ts",
  "gateway/src/observe/log.ts",
]);
const found = (text: string, path = "library/src/a.ts", design = DESIGN) =>
  checkPointers([{ path, text }], { paths: KNOWN, read: (name) => (name === "docs/design.md" ? design : undefined) }).map(
    ({ message }) => message,
  );
const lost = (name: string) => `points at ${name}, which the repository does not have`;

test("F-49 pointers: a document that is not there is seen, by its path and by its name", () => {
  assert.deepEqual(found("// see docs/design.md §1.5 and README.md, and nginx.md"), []);
  assert.deepEqual(found("see [nginx](nginx.md) and [design](../design.md#x)", "docs/guides/caddy.md"), []);
  assert.deepEqual(found("// as docs/nowhere.md says"), ["points at docs/nowhere.md, which the repository does not have"]);
  assert.deepEqual(found("// as NOWHERE.md says"), ["points at NOWHERE.md, which the repository does not have"]);
  assert.deepEqual(found("// (DESIGN §1.5)"), ["points at DESIGN §1, which the repository does not have"]);
  assert.deepEqual(found("// the list of CHECKLIST CS-09"), ["points at CHECKLIST CS-09, which the repository does not have"]);
});

test("F-49 pointers: standards are no documents of ours", () => {
  assert.deepEqual(found("// RFC 9110 §7.6, NIST SP 800-63B-4, OIDC §4, ASVS 7.1.1, ERR_CONFIG"), []);
  assert.deepEqual(found("// https://example.com/notes.md and CB-03"), []);
});

test("pointers: a section of a document is there, and the item of it that is named", () => {
  assert.deepEqual(found("// (docs/design.md §1.2), as docs/design.md §2 says"), []);
  assert.deepEqual(found("// (docs/design.md §1.6)"), [lost("docs/design.md §1.6")]);
  assert.deepEqual(found("// (docs/design.md §3)"), [lost("docs/design.md §3")]);
  assert.deepEqual(found("see [it](../design.md), design.md §4", "docs/guides/nginx.md"), []);
  assert.deepEqual(found("as §1.5 and §1.7 say, by RFC 9110 §7.6", "docs/design.md"), [lost("§1.7")]);
});

test("pointers: a link into a document finds its heading", () => {
  assert.deepEqual(found("[a](docs/design.md#2-what-is-stored-and-where)", "README.md"), []);
  assert.deepEqual(found("[a](docs/design.md#elsewhere)", "README.md"), [lost("docs/design.md#elsewhere")]);
  assert.deepEqual(found("[a](#1-the-flow) [b](#gone)", "docs/design.md"), [lost("#gone")]);
});

test("pointers: every module that ARCHITECTURE.md names is one of the sources", () => {
  const house = (text: string) => found(text, "ARCHITECTURE.md");
  assert.deepEqual(house("`engine/request/touch`, `engine/request/*`, `engine`, gateway `observe/log`, `library/src/a.ts`"), []);
  assert.deepEqual(house("`engine/refresh/coordinator`"), [lost("engine/refresh/coordinator")]);
  assert.deepEqual(found("`engine/refresh/coordinator`", "README.md"), []);
});

test("pointers: every function that ARCHITECTURE.md names is in the module that it names", () => {
  const touch = "export function touch(): void {}";
  const house = (text: string, path = "ARCHITECTURE.md") =>
    checkPointers([{ path, text }], {
      paths: KNOWN,
      read: (name) => (name === "library/src/engine/request/touch.ts" ? touch : undefined),
    }).map(({ message }) => message);
  assert.deepEqual(house("| 1 | `engine/request/touch` (`touch`), gateway `observe/log` (lines) |"), []);
  assert.deepEqual(house("`engine/request/touch` (`touch`, `gone`)"), [lost("gone in engine/request/touch")]);
  assert.deepEqual(house("`engine/request/touch` (`gone`)", "README.md"), []);
});

test("pointers: every line of the tree of ARCHITECTURE.md is a folder or a file", () => {
  const tree = "```\nlibrary/   npm\n  src/engine/   all\n  src/attic/    none\n```\n`/` and\nattic/    prose\n";
  assert.deepEqual(found(tree, "ARCHITECTURE.md"), [lost("library/src/attic/")]);
});
