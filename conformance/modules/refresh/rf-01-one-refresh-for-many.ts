/** Single flight: parallel requests on an expired access token share one refresh, and its result. */
import assert from "node:assert/strict";
import { field, signedInThere } from "../../client.ts";
import { holdRefreshes, refreshesOf } from "../../refreshing.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "RF-01 50 parallel requests on an expired access token: one refresh, 50 successes with the new one";

export async function run(target: Target): Promise<void> {
  const app = appOf(target);
  const browser = await signedInThere(target, "alice");
  const old = field(await browser.get("/token"), "token");
  app.clock.advance(app.tokenLifetime + 1000);
  const held = holdRefreshes(app);
  const asked = Promise.all(Array.from({ length: 50 }, (_, index) => browser.get(index % 2 === 0 ? "/token" : "/me")));
  await held.arrived();
  held.release();
  const answers = await asked;
  for (const { status, text, cookies } of answers) assert.deepEqual([status, cookies], [200, []], text);
  const tokens = new Set(answers.filter((_, index) => index % 2 === 0).map((answer) => field(answer, "token")));
  assert.equal(tokens.size, 1, "all requests get the same token");
  assert.equal(tokens.has(old), false, "and it is a new one");
  assert.equal(refreshesOf(app), 1);
  assert.deepEqual(app.provider.reuses, []);
  assert.equal((await browser.get("/token")).status, 200);
  assert.equal(refreshesOf(app), 1, "which is good for the next request as well");
}
