/** Logout during an outage of the store: reported, cookie cleared, and retried in the background until it is stored. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title =
  "S-45 a logout that the store would not take clears the cookie, is 503 and reported, and is tried until it is done";

/** The pauses between two attempts are seconds at most. */
const MOST_ATTEMPTS = 20;

export async function run(target: Target): Promise<void> {
  const { store, events, clock } = appOf(target);
  for (const path of ["/log-out", `${target.prefix}/logout`]) {
    const browser = await signedIn(target);
    const copy = browser.copy();
    const before = events.length;
    store.fail("put", "end");
    const refused = await browser.post(path);
    assert.equal(refused.status, 503);
    assert.match(refused.cookies.join(), new RegExp(`^${target.cookie}=; Max-Age=0;`));
    assert.match(refused.text, /signed out in this browser/);
    assert.equal(events.slice(before).filter(({ name, level }) => name === "store.failed" && level === "error").length, 1);
    assert.equal((await copy.get("/me")).status, 200);
    store.recover();
    let status = 200;
    for (let attempt = 0; attempt < MOST_ATTEMPTS && status !== 401; attempt += 1) {
      clock.advance(1_000);
      status = (await copy.get("/me")).status;
    }
    assert.equal(status, 401);
  }
}
