/** Cache-Control of the library's endpoints, and of every response that sets a cookie. */
import assert from "node:assert/strict";
import { type Answer, Browser, send } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "HD-01 what sets a cookie or shows a user is no-store";

export async function run(target: Target): Promise<void> {
  const check = ({ headers }: Answer, what: string): void => assert.equal(headers["cache-control"], "no-store", what);
  for (const path of ["session", "logout"]) check(await send(target, `${target.prefix}/${path}`), path);

  if (target.app === null) return;
  const browser = new Browser(target);
  check(await browser.post("/data?key=a"), "a new session");
  check(await browser.signIn("alice"), "a login");
  check(await browser.post("/rotate"), "a new secret");
  check(await browser.get("/me"), "a page of a user");
  check(await browser.get(`${target.prefix}/session`), "session");
  const copy = browser.copy();
  check(await browser.post(`${target.prefix}/logout`), "logout");
  check(await copy.visit("/public"), "a dead ticket is cleared");
}
