/** No cookie, an empty one, a dead one: signed out, and the way to the login is no redirect loop. */
import assert from "node:assert/strict";
import { send, signedIn } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "CK-15 a missing cookie is signed out, never an error and never a loop";

export async function run(target: Target): Promise<void> {
  const path = `${target.prefix}/session`;
  assert.equal((await send(target, path)).status, 401);
  assert.equal((await send(target, path, { headers: [["Cookie", ""]] })).status, 401);
  assert.equal((await send(target, path, { headers: [["Cookie", "other=1; ; =; x"]] })).status, 401);

  if (target.app === null) return;
  const dead = await signedIn(target);
  const copy = dead.copy();
  await dead.post("/log-out");
  const first = await copy.visit("/me");
  assert.equal(first.status, 302);
  assert.equal(copy.ticket, "", "the dead ticket is cleared by the navigation itself");
  const login = await copy.visit(first.headers.location ?? "");
  assert.notEqual(login.headers.location, first.headers.location);
  assert.ok([200, 302].includes(login.status), "a page that says why, or the provider's");
}
