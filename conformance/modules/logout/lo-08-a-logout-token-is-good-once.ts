/** Replay of a logout token: refused, unless the first attempt met an outage of the store. */
import assert from "node:assert/strict";
import { signedInThere, tellLogout } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "LO-08 a logout token takes effect once, also when it comes several times at once";

export async function run(target: Target): Promise<void> {
  const { clock, provider, store } = appOf(target);
  await signedInThere(target, "alice");
  const token = provider.logoutToken({ subject: "alice" });
  const answers = await Promise.all([1, 2, 3].map(() => tellLogout(target, token)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400]);
  clock.advance(1_000);
  const later = await signedInThere(target, "bob");
  const kept = provider.logoutToken({ subject: "bob" });
  store.fail("end");
  assert.equal((await tellLogout(target, kept)).status, 400);
  store.recover();
  assert.equal((await later.get("/me")).status, 200);
  assert.equal((await tellLogout(target, kept)).status, 200, "what had no effect can be sent again");
  assert.equal((await later.get("/me")).status, 401);
}
