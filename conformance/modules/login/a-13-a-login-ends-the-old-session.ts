/** A second login in one browser, as another user: the first session ends in the store, not in the cookie alone. */
import assert from "node:assert/strict";
import { field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "A-13 signing in as another user ends the old session, for copies of it too";

export async function run(target: Target): Promise<void> {
  const { events } = appOf(target);
  const browser = await signedIn(target, "alice");
  const copy = browser.copy();
  await browser.signIn("bob");
  assert.equal((await copy.get("/me")).status, 401);
  assert.equal(field(await browser.get("/me"), "subject"), "bob");
  assert.ok(events.some(({ name, reason }) => name === "session.ended" && reason === "identity-changed"));
}
