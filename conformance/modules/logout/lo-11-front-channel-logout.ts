/** OpenID Connect Front-Channel Logout: parameters, framing headers, and whose session ends. */
import assert from "node:assert/strict";
import { send, signedInThere } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "LO-11 F-21 the front channel needs issuer and sid, no cookie counts, and only the provider may frame it";

const FRAME = [
  ["Sec-Fetch-Site", "cross-site"],
  ["Sec-Fetch-Mode", "navigate"],
  ["Sec-Fetch-Dest", "iframe"],
] as const;

export async function run(target: Target): Promise<void> {
  const path = `${target.prefix}/frontchannel-logout`;
  for (const query of [
    "",
    "?sid=sid-alice",
    "?iss=https%3A%2F%2Fprovider.test",
    "?iss=https%3A%2F%2Fevil.example&sid=sid-alice",
  ]) {
    const { status, headers } = await send(target, path + query, { headers: FRAME });
    assert.deepEqual([status, headers["cache-control"]], [400, "no-store"], query);
  }

  if (target.app === null) return;
  const alice = await signedInThere(target, "alice");
  const bob = await signedInThere(target, "bob");
  assert.equal((await bob.get(path)).status, 400);
  const iss = encodeURIComponent(target.app.provider.issuer);
  const framed = await send(target, `${path}?iss=${iss}&sid=sid-alice`, { headers: FRAME });
  assert.equal(framed.status, 200);
  assert.match(String(framed.headers["content-security-policy"]), /frame-ancestors https:\/\/provider\.test$/);
  assert.equal(framed.headers["x-frame-options"], undefined);
  assert.equal(framed.headers["cache-control"], "no-store");
  assert.equal((await alice.get("/me")).status, 401);
  assert.equal((await bob.get("/me")).status, 200);
}
