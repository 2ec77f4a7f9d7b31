/**
 * Hostile values of the session cookie: each is answered as to an anonymous caller, with no error and no new
 * cookie.
 */
import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "A-30 a malformed session cookie is anonymous: 401, never an error and never a pass";

const MALFORMED = [
  "",
  "x",
  ".",
  "..",
  "null",
  "%00",
  "A".repeat(22),
  `${"A".repeat(22)}.`,
  `.${"A".repeat(43)}`,
  `${"A".repeat(22)}.${"A".repeat(42)}`,
  `${"A".repeat(22)}.${"A".repeat(43)}.x`,
  `${"A".repeat(21)}B.${"A".repeat(43)}`,
  `"${"A".repeat(22)}.${"A".repeat(43)}"`,
  "__proto__.constructor",
  "a".repeat(4000),
  "j%3A%7B%7D",
  "\u00e9".repeat(8),
];

export async function run(target: Target): Promise<void> {
  const open = target.app === null ? [] : ["/public", "/me"];
  for (const value of MALFORMED) {
    for (const path of [`${target.prefix}/session`, ...open]) {
      const headers = [["Cookie", Buffer.from(`${target.cookie}=${value}`).toString("latin1")]] as const;
      const answer = await send(target, path, { headers });
      assert.equal(answer.status, path === "/public" ? 200 : 401, `${path} with ${value.slice(0, 80)}`);
      assert.deepEqual(answer.cookies, []);
    }
  }
}
