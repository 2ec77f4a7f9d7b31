import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused, readKind } from "../../test-support/read-kind.ts";
import { landing } from "./logout.ts";

test("F-46 a page to land on is a path of the own origin, or a URL", () => {
  for (const raw of ["/", "/goodbye?a=b", "https://www.example.com/goodbye", "HTTP://localhost:3000"])
    assert.equal(readKind(landing, raw), raw);
  assert.equal(readKind(landing, " /goodbye\n"), "/goodbye");
  for (const raw of ["goodbye", "//a.example", "/\\a.example", "javascript:alert(1)", "ftp://a", "https://", "", 7, null])
    assert.equal(isRefused(landing, raw), true, String(raw));
});
