import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tokenize } from "../../tools/sources/tokens.ts";
import { anchoredSources } from "./anchors.ts";
import { broken } from "./break.ts";
import { MUTANTS } from "./list.ts";
import { namesIn, strangeNames } from "./names.ts";

const SOURCES = anchoredSources();

/** What the contracts declare: rows, clocks, stores. */
const CONTRACTS = new Set(
  readdirSync(new URL("contracts/", import.meta.resolve("coatcheck")))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(new URL(`contracts/${name}`, import.meta.resolve("coatcheck")), "utf8"))
    .flatMap((text) => [...namesIn(tokenize(text).code)]),
);

test("every mutant still finds its anchors, once each, and changes what stands below them", () => {
  for (const mutant of MUTANTS) {
    const texts = broken(mutant, SOURCES);
    assert.ok(texts.size > 0, mutant.name);
    for (const { url, text } of SOURCES) if (texts.has(url)) assert.notEqual(texts.get(url), text, mutant.name);
  }
});

test("what a mutant names is still called so in the file that it changes", () => {
  const strange = MUTANTS.flatMap((mutant) =>
    strangeNames(mutant, SOURCES, CONTRACTS).map((name) => `mutant ${mutant.name} names ${name}`),
  );
  assert.deepEqual(strange, [], "these names are not in the anchored file any more; say the new ones in simulation/mutants");
});

test("no anchor stands in the source that no mutant uses", () => {
  const used = new Set(
    MUTANTS.flatMap(({ edits }) => edits.flatMap((edit) => ("first" in edit ? [edit.first, edit.second] : [edit.anchor]))),
  );
  const found = SOURCES.flatMap(({ url, anchored }) => anchored.map(([name]) => ({ name, url })));
  assert.deepEqual(
    found.filter(({ name }) => !used.has(name)),
    [],
  );
});

test("mutants are at least twelve, each with a name of its own", () => {
  assert.ok(MUTANTS.length >= 12);
  assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});

test("F-47 F-23 an engine that ends all of a user first and sets its marker afterwards is caught", async () => {
  const child = fileURLToPath(new URL("child.ts", import.meta.url));
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, [child, "marker-after-ending-all", "1000"], options);
  assert.match(stdout, /"rule":6,"what":"s\d+ lives, though end-all overtook its login"/);
});
