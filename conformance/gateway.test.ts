import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "./gateway.ts";
import { loadModules } from "./modules.ts";
import { NotOffered } from "./target.ts";
import { foreignTarget } from "./targets.ts";

test("the gateway keeps the public contract, as far as an anonymous caller can see", async (t) => {
  await using gateway = await startGateway();
  const target = foreignTarget(gateway.origin);
  let examined = 0;
  for (const { title, run } of await loadModules()) {
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
  assert.ok(examined >= 10, `only ${examined} modules were examined`);
});
