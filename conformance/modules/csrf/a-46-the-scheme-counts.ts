/** An attacker on the network controls http on the same host: its Origin is cross-site. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "A-46 an Origin of the same host on http is another origin";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const http = target.origin.replace("https:", "http:");
  for (const path of ["/update", `${target.prefix}/logout`]) {
    assert.equal((await browser.post(path, [["Origin", http]])).status, 403);
    assert.equal(
      (
        await browser.post(path, [
          ["Origin", http],
          ["Referer", `${target.origin}/`],
        ])
      ).status,
      403,
    );
  }
  assert.equal((await browser.get("/me")).status, 200);
}
