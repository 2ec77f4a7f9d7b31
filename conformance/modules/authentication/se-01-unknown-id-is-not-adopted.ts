/**
 * A session id that the server did not make, or an id without its secret, is worth nothing before and after a
 * login.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Browser, send } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "SE-01 an unknown id is never adopted";

export async function run(target: Target): Promise<void> {
  const ticket = (): string => `${randomBytes(16).toString("base64url")}.${randomBytes(32).toString("base64url")}`;
  const planted = ticket();
  const unknown = await send(target, `${target.prefix}/session`, { headers: [["Cookie", `${target.cookie}=${planted}`]] });
  assert.equal(unknown.status, 401);
  assert.deepEqual(unknown.cookies, []);

  if (target.app === null) return;
  const browser = new Browser(target);
  browser.keep(target.cookie, planted);
  await browser.signIn("alice");
  assert.notEqual(browser.ticket.split(".")[0], planted.split(".")[0]);

  // Knowing an id proves nothing, and tells nothing.
  const [id] = browser.ticket.split(".");
  const guess = `${id}.${randomBytes(32).toString("base64url")}`;
  const guessed = await send(target, `${target.prefix}/session`, { headers: [["Cookie", `${target.cookie}=${guess}`]] });
  assert.deepEqual([guessed.status, guessed.text], [unknown.status, unknown.text]);
}
