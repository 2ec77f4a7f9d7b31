/** OpenID Connect Back-Channel Logout: encodings of the request, status codes, and whose session ends. */
import assert from "node:assert/strict";
import { send, signedInThere, tellLogout } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "LO-04 the back channel takes a form without cookie: exactly 200, or 400, and no cache keeps either";

export async function run(target: Target): Promise<void> {
  const path = `${target.prefix}/backchannel-logout`;
  const nonsense = await tellLogout(target, "a.b.c");
  assert.deepEqual([nonsense.status, nonsense.headers["cache-control"], nonsense.cookies], [400, "no-store", []]);
  const asked = await send(target, `${path}?logout_token=a.b.c`);
  assert.equal(asked.status, 405);
  const json = [["Content-Type", "application/json"]] as const;
  const object = await send(target, path, { method: "POST", headers: json, body: '{"logout_token":"a.b.c"}' });
  assert.ok([400, 415].includes(object.status), `JSON answered ${object.status}`);

  if (target.app === null) return;
  const alice = await signedInThere(target, "alice");
  const copy = alice.copy();
  const bob = await signedInThere(target, "bob");
  const told = await tellLogout(target, target.app.provider.logoutToken({ sid: "sid-alice" }));
  assert.deepEqual([told.status, told.text, told.headers["cache-control"], told.cookies], [200, "", "no-store", []]);
  assert.equal((await copy.get("/me")).status, 401);
  assert.equal((await bob.get("/me")).status, 200);
  assert.equal((await tellLogout(target, target.app.provider.logoutToken({ sid: "unknown" }))).status, 200);
}
