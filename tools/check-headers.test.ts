import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHeaders } from "./check-headers.ts";

const found = (text: string) => checkHeaders([{ path: "library/src/a.ts", text }]).length;

test("headers: a comment at the top passes, in each form, after a line for the shell too", () => {
  for (const begin of ["/** Says. */", "// Says.", "/* Says. */", "/**\n * Says.\n */", "#!/usr/bin/env node\n/** Says. */"]) {
    assert.equal(found(`${begin}\nimport { x } from "./x.ts";\n`), 0, begin);
  }
});

test("headers: imports, code, an empty line or a comment without words do not", () => {
  for (const begin of ["import { x } from './x.ts';", "const a = 1;", "\n/** Late. */", "//", "/** */"]) {
    assert.equal(found(`${begin}\nconst b = 2;\n`), 1, begin);
  }
});
