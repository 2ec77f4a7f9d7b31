import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPointers } from "./check-pointers.ts";

const KNOWN = new Set(["docs/design.md", "docs/guides/nginx.md", "README.md", "library/src/a.ts"]);
const found = (text: string, path = "library/src/a.ts") => checkPointers([{ path, text }], KNOWN).map(({ message }) => message);

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
