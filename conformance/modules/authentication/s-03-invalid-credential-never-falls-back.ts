/** A bearer token that does not verify beside a valid session: the request fails, and the session lives on. */
import assert from "node:assert/strict";
import { field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-03 an invalid bearer is 401, never a fall back to the cookie";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const answer = await browser.get("/me", [["Authorization", "Bearer nonsense"]]);
  assert.equal(answer.status, 401);
  assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer /);
  assert.deepEqual(answer.cookies, []);
  assert.equal(field(answer, "code"), "ERR_INVALID_CREDENTIAL");
  assert.equal((await browser.get("/me")).status, 200);
}
