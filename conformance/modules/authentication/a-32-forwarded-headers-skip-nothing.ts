/** Headers that proxies set, sent by a client itself: no path, address or user in them is believed. */
import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "A-32 forwarded headers of a client open nothing";

const FORWARDED = [
  ["X-Forwarded-For", "a"],
  ["X-Forwarded-For", "127.0.0.1"],
  ["Forwarded", "for=127.0.0.1;host=localhost;proto=https"],
  ["X-Real-IP", "127.0.0.1"],
  ["X-Forwarded-Host", "localhost"],
  ["X-Forwarded-Uri", "/public"],
  ["X-Original-URL", "/public"],
  ["X-Rewrite-URL", "/public"],
  ["X-Auth-Request-User", "alice"],
  ["X-Forwarded-User", "alice"],
  ["X-Remote-User", "alice"],
] as const;

export async function run(target: Target): Promise<void> {
  const paths = [`${target.prefix}/session`, ...(target.app === null ? [] : ["/me"])];
  for (const path of paths) {
    for (const header of FORWARDED) {
      assert.equal((await send(target, path, { headers: [header] })).status, 401, `${path} with ${header.join(": ")}`);
    }
    assert.equal((await send(target, path, { headers: FORWARDED })).status, 401);
  }
}
