/** Cache-Control of pages of an authenticated user, of their 401, and of the redirect to the login. */
import assert from "node:assert/strict";
import { Browser, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-49 pages of an authenticated user, and the way to the login, are no-store";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  assert.equal((await browser.get("/me")).headers["cache-control"], "no-store");
  const login = await new Browser(target).visit("/me?a=1&b=2");
  assert.equal(login.status, 302);
  assert.equal(login.headers["cache-control"], "no-store");
  assert.equal(login.headers.location, `${target.prefix}/login?return_to=${encodeURIComponent("/me?a=1&b=2")}`);
  assert.equal((await new Browser(target).get("/me")).headers["cache-control"], "no-store");
}
