/** A login cookie, or an anonymous session with data, does not authenticate the request. */
import assert from "node:assert/strict";
import { Browser, field, send } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "A-41 an anonymous session, or a login in progress, is no authenticated user";

export async function run(target: Target): Promise<void> {
  const state = "s".repeat(11);
  const progress = `${target.cookie}.login.${state}=v1.abc.def`;
  assert.equal((await send(target, `${target.prefix}/session`, { headers: [["Cookie", progress]] })).status, 401);

  if (target.app === null) return;
  const browser = new Browser(target);
  await browser.post("/data?key=cart");
  assert.notEqual(browser.ticket, "");
  assert.equal((await browser.get("/me")).status, 401);
  assert.equal((await browser.get(`${target.prefix}/session`)).status, 401);
  const seen = await browser.get("/public");
  assert.deepEqual([field(seen, "subject"), field(seen, "via"), field(seen, "data")], [null, null, { cart: "value" }]);
}
