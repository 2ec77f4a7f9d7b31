/** Bearer and session in one request: which of them authenticated it decides about identity and CSRF check. */
import assert from "node:assert/strict";
import { field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-04 the answer names the strategy that succeeded, and the CSRF check follows it";

export async function run(target: Target): Promise<void> {
  const { bearer } = appOf(target);
  const browser = await signedIn(target);
  const authorization = ["Authorization", `Bearer ${bearer}`] as const;
  const both = await browser.get("/me", [authorization]);
  assert.deepEqual([field(both, "subject"), field(both, "via")], ["robot", "bearer"]);
  const cookie = await browser.get("/me", [["Authorization", "Basic YTpi"]]);
  assert.deepEqual([field(cookie, "subject"), field(cookie, "via")], ["alice", "session"]);

  const crossSite = ["Sec-Fetch-Site", "cross-site"] as const;
  assert.equal((await browser.post("/slow", [crossSite, authorization])).status, 200);
  assert.equal((await browser.post("/slow", [crossSite])).status, 403);
}
