/** Browsers ignore a deletion of a `__Host-` cookie that lacks Secure or Path=/, by logout or on a dead ticket. */
import assert from "node:assert/strict";
import { parseCookie, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "A-38 a __Host- cookie is cleared with Secure, by logout and on a dead ticket";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const copy = browser.copy();
  const cleared = [await browser.post("/log-out"), await copy.visit("/public")];
  for (const { cookies } of cleared) {
    const { name, value, attributes } = parseCookie(cookies[0] ?? "");
    assert.ok(name.startsWith("__Host-"));
    assert.deepEqual([value, attributes.has("secure"), attributes.get("path"), attributes.get("max-age")], ["", true, "/", "0"]);
  }
}
