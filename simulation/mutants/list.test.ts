import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
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

test("F-47 F-23 an engine that ends all of a user first and sets its marker afterwards is caught", async () => {
  const child = fileURLToPath(new URL("child.ts", import.meta.url));
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, [child, "mark-after-ending-all", "1000"], options);
  assert.match(stdout, /"rule":6,"what":"s\d+ lives, though end-all overtook its login"/);
});
