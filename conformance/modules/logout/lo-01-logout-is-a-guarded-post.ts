/** Logout by a form and by a program: other sites cannot cause it, and GET only asks for confirmation. */
import assert from "node:assert/strict";
import { json, SAME_ORIGIN, send, signedIn } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "LO-01 logout is a guarded POST, and ends the session here whatever else happens";

export async function run(target: Target): Promise<void> {
  const path = `${target.prefix}/logout`;
  const evil = [
    ["Sec-Fetch-Site", "cross-site"],
    ["Origin", "https://evil.example"],
  ] as const;
  assert.equal((await send(target, path, { method: "POST", headers: evil })).status, 403);

  if (target.app === null) return;
  const browser = await signedIn(target);
  assert.equal((await browser.post(path, evil)).status, 403);
  assert.equal((await browser.visit(path)).status, 200);
  assert.equal((await browser.get("/me")).status, 200);
  const copy = browser.copy();
  const program = await browser.post(path, [...SAME_ORIGIN, ["Accept", "application/json"]]);
  assert.equal(program.status, 200);
  assert.equal(typeof json(program)["location"], "string");
  assert.equal((await copy.get("/me")).status, 401);
}
