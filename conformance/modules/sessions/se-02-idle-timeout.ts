/** The idle timeout: requests in time extend a session, the first one too late does not. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-02 a session that rests for too long is over, on the server";

export async function run(target: Target): Promise<void> {
  const { clock, idle } = appOf(target);
  const browser = await signedIn(target);
  for (let visit = 0; visit < 3; visit++) {
    clock.advance(idle - 1000);
    assert.equal((await browser.get("/me")).status, 200);
  }
  clock.advance(idle + 1000);
  assert.equal((await browser.get("/me")).status, 401);
}
