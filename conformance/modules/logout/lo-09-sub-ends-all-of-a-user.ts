/** A logout token without sid: whose sessions end, and which later ones a delayed token must not touch. */
import assert from "node:assert/strict";
import { signedIn, signedInThere, tellLogout } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "LO-09 a logout by subject ends all sessions of that user at that issuer, and a later login is free";

export async function run(target: Target): Promise<void> {
  const { clock, provider } = appOf(target);
  const hers = [await signedInThere(target, "alice"), await signedInThere(target, "alice")];
  const others = [await signedInThere(target, "bob"), await signedIn(target, "alice")];
  assert.equal((await tellLogout(target, provider.logoutToken({ subject: "alice" }))).status, 200);
  for (const browser of hers) assert.equal((await browser.get("/me")).status, 401);
  for (const browser of others) assert.equal((await browser.get("/me")).status, 200, "another person, or another issuer");
  clock.advance(1_000);
  const late = provider.logoutToken({ subject: "alice" });
  clock.advance(1_000);
  const again = await signedInThere(target, "alice");
  assert.equal((await again.get("/me")).status, 200);
  assert.equal((await tellLogout(target, late)).status, 200);
  assert.equal((await again.get("/me")).status, 200, "a notification from before it began");
}
