/** Every value of Sec-Fetch-Site, spelled right and wrong, with each kind of Origin beside it. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CS-02 Sec-Fetch-Site: same-origin and none pass, all else fails";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const cases: readonly (readonly [site: string, status: number])[] = [
    ["same-origin", 200],
    ["none", 200],
    ["same-site", 403],
    ["cross-site", 403],
    ["bogus", 403],
    ["Same-Origin", 403],
    ["same-origin, cross-site", 403],
  ];
  for (const [site, status] of cases) {
    for (const origin of [target.origin, "https://evil.example", null]) {
      const more = origin === null ? [] : [["Origin", origin] as const];
      const answer = await browser.post("/update", [["Sec-Fetch-Site", site], ...more]);
      assert.equal(answer.status, status, `${site} from ${origin}`);
    }
  }
}
