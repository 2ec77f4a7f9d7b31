/** Refreshes of access tokens, caused by polling, do not extend the idle timeout. */
import assert from "node:assert/strict";
import { signedInThere } from "../../client.ts";
import { refreshesOf } from "../../refreshing.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-06 refreshing tokens is no activity: a page that only polls keeps no session alive";

export async function run(target: Target): Promise<void> {
  const app = appOf(target);
  const { clock, idle, tokenLifetime } = app;
  const poll = `${target.prefix}/session`;
  const idler = await signedInThere(target, "alice");
  for (let past = 0; past + tokenLifetime < idle; past += tokenLifetime) {
    clock.advance(tokenLifetime);
    assert.equal((await idler.get(poll)).status, 200);
  }
  assert.ok(refreshesOf(app) >= 10, `only ${refreshesOf(app)} refreshes`);
  clock.advance(tokenLifetime + 1000);
  const before = refreshesOf(app);
  assert.equal((await idler.get(poll)).status, 401);
  assert.equal((await idler.get("/me")).status, 401);
  assert.equal(refreshesOf(app), before, "and nothing is refreshed for a session that is over");
}
