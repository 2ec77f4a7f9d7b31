/** All attributes of the cleared cookie are those of the cookie that was set, but for its end. */
import assert from "node:assert/strict";
import { Browser, parseCookie } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-12 a cookie is cleared with the attributes that it was set with";

const WITHOUT = new Set(["max-age", "expires"]);

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = new Browser(target);
  const set = parseCookie((await browser.signIn("alice")).cookies[0] ?? "");
  const cleared = parseCookie((await browser.post("/log-out")).cookies[0] ?? "");
  assert.deepEqual([cleared.name, cleared.value], [set.name, ""]);
  assert.equal(cleared.attributes.get("max-age"), "0");
  assert.ok(Date.parse(cleared.attributes.get("expires") ?? "") < Date.UTC(2000, 0, 1));
  const rest = ({ attributes }: typeof set): unknown[] => [...attributes].filter(([name]) => !WITHOUT.has(name)).sort();
  assert.deepEqual(rest(cleared), rest(set));
}
