/** Max-Age of the cookie follows the absolute lifetime; the idle timeout is the server's to enforce. */
import assert from "node:assert/strict";
import { Browser, parseCookie, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CK-08 Max-Age is within what browsers take, and is not what ends a session";

export async function run(target: Target): Promise<void> {
  const { clock, lifetime, idle } = appOf(target);
  const browser = new Browser(target);
  const { attributes } = parseCookie((await browser.signIn("alice")).cookies[0] ?? "");
  const seconds = Number(attributes.get("max-age"));
  assert.ok(seconds > 0 && seconds <= 34_560_000);
  assert.equal(seconds, lifetime / 1000);

  const resting = browser.copy();
  clock.advance(idle + 1000);
  assert.equal((await resting.get("/me")).status, 401, "the cookie is still sent");
  const late = await signedIn(target);
  clock.advance(idle / 2);
  const rotated = parseCookie((await late.post("/rotate")).cookies[0] ?? "");
  assert.equal(Number(rotated.attributes.get("max-age")), (lifetime - idle / 2) / 1000, "what is left of the lifetime");
}
