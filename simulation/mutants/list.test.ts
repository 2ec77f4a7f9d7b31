import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MUTANTS } from "./list.ts";

test("every mutant still changes what the engine says, in one place each", () => {
  for (const { name, edits } of MUTANTS) {
    for (const { file, find, replace } of edits) {
      const source = readFileSync(new URL(file, import.meta.resolve("coatcheck")), "utf8");
      assert.equal(source.split(find).length - 1, 1, `${name}: ${file} holds it once: ${find}`);
      assert.notEqual(find, replace, name);
    }
  }
});

test("mutants are at least twelve, each with a name of its own", () => {
  assert.ok(MUTANTS.length >= 12);
  assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});
