/** GET, HEAD and OPTIONS stay safe, also with the headers and parameters that override a method elsewhere. */
import assert from "node:assert/strict";
import { send, signedIn } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "CS-05 safe methods change nothing, and no header makes them others";

export async function run(target: Target): Promise<void> {
  const logout = `${target.prefix}/logout`;
  const asks = await send(target, logout);
  assert.equal(asks.status, 200);
  assert.deepEqual(asks.cookies, []);

  if (target.app === null) return;
  const { store } = target.app;
  const browser = await signedIn(target);
  const before = store.writes.length;
  const overrides = [
    ["X-HTTP-Method-Override", "POST"],
    ["X-HTTP-Method", "POST"],
    ["X-Method-Override", "POST"],
  ] as const;
  for (const path of [logout, `${logout}?_method=POST`, "/log-out", "/log-out?_method=POST"]) {
    await browser.get(path, [...overrides, ["Sec-Fetch-Site", "cross-site"]]);
    await browser.visit(path);
    for (const method of ["HEAD", "OPTIONS"]) {
      await send(target, path, { method, headers: [["Cookie", browser.cookie], ...overrides] });
    }
  }
  assert.equal(store.writes.length, before);
  assert.equal((await browser.get("/me")).status, 200);
}
