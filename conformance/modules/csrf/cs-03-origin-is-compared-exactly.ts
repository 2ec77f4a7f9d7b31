/** Older browsers send Origin alone: prefixes, suffixes, schemes and ports that look like ours are refused. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CS-03 without Sec-Fetch-Site the Origin is compared with the configured one, whole";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const { host, port } = new URL(target.origin);
  const forged = [
    "null",
    "https://evil.example",
    `http://${host}`,
    `${target.origin}.evil.example`,
    `https://evil.example/${host}`,
    `${target.origin}:${port === "" ? "444" : "1"}`,
    `${target.origin}/`,
    `https://sub.${host}`,
    `https://user@${host}`,
    target.origin.toUpperCase(),
    `${target.origin}, https://evil.example`,
  ];
  for (const origin of forged) {
    assert.equal((await browser.post("/update", [["Origin", origin]])).status, 403, origin);
    // A Host of the attacker's choice must not make their origin ours.
    assert.equal(
      (
        await browser.post("/update", [
          ["Origin", origin],
          ["X-Forwarded-Host", "evil.example"],
        ])
      ).status,
      403,
    );
  }
  assert.equal((await browser.post("/update", [["Origin", target.origin]])).status, 200);
  assert.equal((await browser.post("/update", [])).status, 403, "neither header, and a cookie");
  assert.equal((await browser.post("/update", [["Referer", `${target.origin}/`]])).status, 403);
}
