/** A rotation leaves the old secret a grace of seconds for requests in flight, and then none. */
import assert from "node:assert/strict";
import { field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-07 rotating and signing in anew change the ticket";

export async function run(target: Target): Promise<void> {
  const { clock } = appOf(target);
  const browser = await signedIn(target, "alice");
  const before = browser.copy();
  await browser.post("/rotate");
  assert.notEqual(browser.ticket, before.ticket);
  assert.equal((await before.get("/me")).status, 200, "requests on their way still carry the old secret");
  clock.advance(10_001);
  assert.equal((await before.get("/me")).status, 401);
  assert.equal((await browser.get("/me")).status, 200);

  const alice = browser.copy();
  await browser.signIn("bob");
  assert.equal((await alice.get("/me")).status, 401);
  assert.equal(field(await browser.get("/me"), "subject"), "bob");
}
