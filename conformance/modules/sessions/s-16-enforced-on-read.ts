/** A session past its lifetime is refused although its row is still there: no sweep is needed for that. */
import assert from "node:assert/strict";
import { field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-16 lifetimes are enforced when a session is read, whatever is still stored";

export async function run(target: Target): Promise<void> {
  const { clock, idle, lifetime, store } = appOf(target);
  const browser = await signedIn(target);
  const path = `${target.prefix}/session`;
  const end = field(await browser.get(path), "session", "expiresAt");
  for (let age = idle / 2; age < lifetime; age += idle / 2) {
    clock.advance(idle / 2);
    await browser.post(path);
    const answer = await browser.get(path);
    assert.equal(field(answer, "session", "expiresAt"), end);
    assert.ok(Number(field(answer, "session", "idleExpiresAt")) <= Number(end));
  }
  clock.advance(idle / 2);
  assert.equal((await browser.get(path)).status, 401);
  const [id = ""] = browser.ticket.split(".");
  assert.notEqual(await store.get(id), undefined, "nothing has swept it away");
}
