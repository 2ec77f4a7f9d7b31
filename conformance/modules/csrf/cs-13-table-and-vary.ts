/** The decision table of the CSRF check, row by row, and the Vary header of its refusals. */
import assert from "node:assert/strict";
import { field, send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CS-13 the whole table of the CSRF check, and refusals vary by what they were decided by";

const OWN = "own";

const TABLE: readonly (readonly [site: string | null, origin: string | null, allowed: boolean])[] = [
  ["same-origin", OWN, true],
  ["same-origin", "https://evil.example", true],
  ["none", null, true],
  ["same-site", "https://sibling.example.com", false],
  ["cross-site", "https://evil.example", false],
  ["cross-site", "https://partner.example.net", true],
  ["bogus", OWN, false],
  [null, OWN, true],
  [null, "http", false],
  [null, "null", false],
  [null, "https://evil.example", false],
  [null, "https://partner.example.net", true],
  [null, null, false],
];

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const origins: { readonly [name: string]: string } = { own: target.origin, http: target.origin.replace("https:", "http:") };
  for (const [site, origin, allowed] of TABLE) {
    const headers: [string, string][] = [];
    if (site !== null) headers.push(["Sec-Fetch-Site", site]);
    if (origin !== null) headers.push(["Origin", origins[origin] ?? origin]);
    const answer = await browser.post("/update", headers);
    assert.equal(answer.status, allowed ? 200 : 403, `Sec-Fetch-Site ${site}, Origin ${origin}`);
    if (allowed) continue;
    assert.equal(field(answer, "code"), "ERR_CROSS_SITE");
    const vary = (answer.headers.vary ?? "").toLowerCase().split(/, */);
    assert.ok(vary.includes("sec-fetch-site") && vary.includes("origin"), `Vary: ${answer.headers.vary}`);
  }
  const safe = [
    ["Sec-Fetch-Site", "cross-site"],
    ["Sec-Fetch-Mode", "navigate"],
    ["Sec-Fetch-Dest", "document"],
  ] as const;
  assert.equal((await browser.get("/me", safe)).status, 200);
  // Nothing ambient came along, so nothing can be ridden on.
  assert.equal((await send(target, "/slow", { method: "POST" })).status, 200);
}
