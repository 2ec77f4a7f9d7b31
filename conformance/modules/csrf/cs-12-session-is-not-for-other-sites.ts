/** The session endpoint refuses reads from other sites, and its response may not be embedded there. */
import assert from "node:assert/strict";
import { SAME_ORIGIN, send, signedIn } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "CS-12 the session endpoint tells other sites nothing";

export async function run(target: Target): Promise<void> {
  const path = `${target.prefix}/session`;
  for (const site of ["cross-site", "same-site"]) {
    const answer = await send(target, path, { headers: [["Sec-Fetch-Site", site]] });
    assert.equal(answer.status, 403, site);
    assert.equal(answer.headers["cross-origin-resource-policy"], "same-origin");
    assert.equal(answer.headers["access-control-allow-origin"], undefined);
  }
  assert.equal((await send(target, path)).status, 401);

  if (target.app === null) return;
  const browser = await signedIn(target);
  assert.equal((await browser.get(path, [["Sec-Fetch-Site", "cross-site"]])).status, 403);
  const own = await browser.get(path, SAME_ORIGIN);
  assert.equal(own.status, 200);
  assert.equal(own.headers["cross-origin-resource-policy"], "same-origin");
  assert.equal(own.headers["cache-control"], "no-store");
}
