import { test } from "node:test";
import { loadModules } from "./modules.ts";
import { OWN_TARGETS } from "./targets.ts";

for (const { title, run } of await loadModules()) {
  for (const own of OWN_TARGETS) {
    test(`${title}, on ${own.name}`, async () => {
      await using opened = await own.open();
      await run(opened.target);
    });
  }
}
