/** Stale cookies of the same name, before and after the live one, do not hide it. */
import assert from "node:assert/strict";
import { send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-14 dead cookies of our name beside a live one lock no user out";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const live = browser.cookie;
  const dead = [`${target.cookie}=old`, `${target.cookie}=${"A".repeat(22)}.${"A".repeat(43)}`];
  for (const cookies of [
    [live, ...dead],
    [...dead, live],
    [dead[0], live, dead[1]],
  ]) {
    const answer = await send(target, "/me", { headers: [["Cookie", cookies.join("; ")]] });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.cookies, []);
  }
}
