/** Login CSRF: a callback or login that another site sends leaves no session in the victim's browser. */
import assert from "node:assert/strict";
import { NAVIGATION, parseCookie, send } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "CS-08 another site cannot sign a user in";

export async function run(target: Target): Promise<void> {
  const callback = await send(target, `${target.prefix}/callback?code=stolen&state=${"s".repeat(43)}`, { headers: NAVIGATION });
  assert.ok(callback.status >= 400 && callback.status < 500, `the callback answered ${callback.status}`);
  assert.ok(!callback.cookies.some((line) => parseCookie(line).name === target.cookie));

  if (target.app === null) return;
  const { store } = target.app;
  const headers = [
    ["Sec-Fetch-Site", "cross-site"],
    ["Origin", "https://evil.example"],
  ] as const;
  const login = await send(target, "/login-as?subject=attacker", { method: "POST", headers });
  assert.equal(login.status, 403);
  assert.deepEqual(login.cookies, []);
  assert.deepEqual(store.writes, []);
}
