import assert from "node:assert/strict";
import { test } from "node:test";
import { GATEWAY_STORES, startGateway } from "./gateway.ts";
import { loadModules } from "./modules.ts";
import { limitOf } from "./sealed-limits.ts";
import { NotOffered } from "./target.ts";
import { foreignTarget } from "./targets.ts";

for (const store of GATEWAY_STORES) {
  test(`the gateway keeps the public contract, as far as an anonymous caller can see (${store})`, async (t) => {
    await using gateway = await startGateway(store);
    const target = foreignTarget(gateway.origin);
    let examined = 0;
    for (const { title, run } of await loadModules()) {
      if (store === "cookie:" && limitOf("alone", title) !== undefined) continue;
      await t.test(`${title}, on the gateway`, async (one) => {
        try {
          await run(target);
          examined++;
        } catch (error) {
          if (!(error instanceof NotOffered)) throw error;
          one.diagnostic(error.message);
        }
      });
    }
    // Nothing ends a session that is in its cookie alone, so the front channel is off there.
    assert.ok(examined >= (store === "cookie:" ? 9 : 10), `only ${examined} modules were examined`);
  });
}
