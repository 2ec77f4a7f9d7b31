/** The black-box modules for an adapter that stands elsewhere: what it has to pass, and the app to pass it with. */
import { test } from "node:test";
import type { Build } from "./app/adapters.ts";
import { loadModules } from "./modules.ts";
import { ownTarget } from "./targets.ts";

export type { Build } from "./app/adapters.ts";
export type { Page, Pages } from "./app/pages.ts";

/**
 * Registers a test for each module, on the app that `build` makes of its pages.
 *
 * @param name of the adapter, for the titles
 */
export async function adapterModules(name: string, build: Build): Promise<void> {
  const own = ownTarget(name, build);
  for (const { title, run } of await loadModules()) {
    test(`${title}, on ${name}`, async () => {
      await using opened = await own.open();
      await run(opened.target);
    });
  }
}
