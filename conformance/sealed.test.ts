/** The black-box modules where sessions are in sealed cookies; what these cannot do is declared. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadModules } from "./modules.ts";
import { LIMITS, limitOf } from "./sealed-limits.ts";
import { SEALED_TARGETS } from "./targets.ts";

const modules = await loadModules();

for (const kind of ["marks", "alone"] as const) {
  const limits = Object.keys(LIMITS[kind]);
  test(`CK-07 each module that is left out is there, sealed cookie: ${kind}`, () => {
    for (const limit of limits) assert.equal(modules.filter(({ title }) => title.startsWith(limit)).length, 1, limit);
  });
  for (const { title, run } of modules) {
    if (limitOf(kind, title) !== undefined) continue;
    for (const own of SEALED_TARGETS[kind]) {
      test(`${title}, sealed cookie: ${kind}, on ${own.name}`, async () => {
        await using opened = await own.open();
        await run(opened.target);
      });
    }
  }
}

test("CK-07 docs/stores.md lists each module that is left out, and the reason", () => {
  const page = readFileSync(new URL("../docs/stores.md", import.meta.url), "utf8").replace(/\s+/g, " ");
  for (const [kind, limits] of Object.entries(LIMITS)) {
    for (const [limit, reason] of Object.entries(limits)) {
      const [id = ""] = limit.split(" ");
      assert.match(page, new RegExp(`${reason}: [^.]*\\b${id}\\b`), `${kind}: ${id}, ${reason}`);
    }
  }
});
