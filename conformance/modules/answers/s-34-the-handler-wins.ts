/** Two tabs with one cookie jar: a late response of the first must not clear the second one's new cookie. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-34 a slow 401 does not delete the ticket that another tab was just given";

export async function run(target: Target): Promise<void> {
  const { slow } = appOf(target);
  const tab = await signedIn(target, "alice");
  const slowTab = tab.copy();
  await tab.post("/log-out");
  // The slow tab asks with the dead ticket; meanwhile the other signs in, in the same jar.
  const arrived = slow.hold();
  const late = slowTab.post("/slow?status=401");
  await arrived;
  await tab.signIn("alice");
  slow.release();
  const answer = await late;
  assert.equal(answer.status, 401);
  assert.deepEqual(answer.cookies, []);
  assert.deepEqual((await slowTab.get("/me")).cookies, [], "a 401 of ours neither");
  assert.deepEqual((await slowTab.post("/rotate")).cookies, [], "nor a write that came to nothing");
  assert.deepEqual((await slowTab.post("/boom?key=a")).cookies, [], "nor one that failed");
  assert.equal((await tab.get("/me")).status, 200);
}
