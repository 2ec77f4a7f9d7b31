import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceOf } from "./anchors.ts";
import { faultsOf } from "./check-anchors.ts";
import { dropped, one, to } from "./mutant.ts";

const source = (text: string) => sourceOf("file:///engine/a.ts", text);
const mutant = one("here", "", [], dropped);

test("an anchor that is there once, above a statement that a mutant changes, is no fault", () => {
  assert.deepEqual(faultsOf([source("// mutant: here\na();\n")], [mutant]), []);
});

test("an anchor that is missing, doubled or of no mutant is told, and a mutant that changes nothing", () => {
  const told = (texts: readonly string[], mutants = [mutant]) => faultsOf(texts.map(source), mutants).join("\n");
  assert.match(told(["a();\n"]), /^mutant here: no source holds the anchor "\/\/ mutant: here"$/);
  assert.match(told(["// mutant: here\na();\n", "// mutant: here\nb();\n"]), /stands 2 times$/);
  assert.match(told(["// mutant: here\na();\n// mutant: other\nb();\n"]), /: no mutant uses the anchor "\/\/ mutant: other"$/);
  assert.match(told(["// mutant: here\na();\n"], [one("here", "", [], to("a();"))]), /^mutant here: it changes nothing$/);
});
