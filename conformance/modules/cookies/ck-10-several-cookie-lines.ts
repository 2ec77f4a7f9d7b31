/** HTTP/2 and some proxies split Cookie into several header lines; the session is found in any of them. */
import assert from "node:assert/strict";
import { field, send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CK-10 several Cookie lines are read as one";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const before = [
    ["Cookie", "theme=dark"],
    ["Cookie", browser.cookie],
  ] as const;
  const after = [
    ["Cookie", `a=b; ${browser.cookie}`],
    ["Cookie", "theme=dark; c=d"],
  ] as const;
  for (const headers of [before, after]) {
    const answer = await send(target, "/me", { headers });
    assert.deepEqual([answer.status, field(answer, "subject")], [200, "alice"]);
  }
}
