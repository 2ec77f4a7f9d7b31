/** Reads fail: pages of every policy answer 503 and keep the cookie, and the session works again afterwards. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-16 an outage of the store is 503, and afterwards the user is still signed in";

export async function run(target: Target): Promise<void> {
  const { store } = appOf(target);
  const browser = await signedIn(target);
  store.fail("get");
  for (const path of ["/me", "/public", `${target.prefix}/session`]) {
    for (const visit of [browser.get(path), browser.visit(path)]) {
      const { status, headers, cookies, text } = await visit;
      assert.equal(status, 503, path);
      assert.ok(Number(headers["retry-after"]) > 0);
      assert.deepEqual(cookies, []);
      assert.doesNotMatch(text, /store is down/);
    }
  }
  store.recover();
  assert.equal((await browser.get("/me")).status, 200);
}
