/** Logout ends the session in the store: copies of the cookie are dead, and other devices go on. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-42 a copied cookie is dead after logout, a second logout is fine, other sessions go on";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const elsewhere = await signedIn(target);
  const copy = browser.copy();
  const logout = `${target.prefix}/logout`;
  assert.equal((await browser.post(logout)).status, 303);
  assert.equal(browser.ticket, "");
  assert.equal((await copy.get("/me")).status, 401);
  assert.equal((await copy.post(logout)).status, 303);
  assert.equal((await browser.post(logout)).status, 303);
  assert.equal((await elsewhere.get("/me")).status, 200);
}
