/** A ticket that was copied before logout or expiry opens nothing afterwards. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-08 after logout and after expiry a copied ticket is dead";

export async function run(target: Target): Promise<void> {
  const { clock, lifetime } = appOf(target);
  const browser = await signedIn(target);
  const copy = browser.copy();
  assert.equal((await browser.post("/log-out")).status, 200);
  assert.equal(browser.ticket, "");
  assert.equal((await copy.get("/me")).status, 401);

  const other = await signedIn(target);
  clock.advance(lifetime);
  assert.equal((await other.get("/me")).status, 401);
  assert.equal((await other.post("/data")).status, 200, "an anonymous session of its own");
}
