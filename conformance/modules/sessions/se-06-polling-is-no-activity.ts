/** GET on the session endpoint leaves the idle timeout alone; POST tells it that the user is there. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-06 polling the session is no activity, reporting activity is";

export async function run(target: Target): Promise<void> {
  const { clock, idle } = appOf(target);
  const poll = `${target.prefix}/session`;
  const idler = await signedIn(target, "alice");
  const reader = await signedIn(target, "bob");
  for (let turn = 0; turn < 12; turn++) {
    clock.advance(idle / 12);
    await idler.get(poll);
    assert.equal((await reader.post(poll)).status, 204);
  }
  clock.advance(1000);
  assert.equal((await idler.get("/me")).status, 401);
  assert.equal((await reader.get("/me")).status, 200);
}
