/** Two live session cookies in one request, as cookie tossing makes them: neither user is authenticated. */
import assert from "node:assert/strict";
import { field, send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CK-11 two live tickets authenticate no user, and other spellings of the name are not ours";

export async function run(target: Target): Promise<void> {
  const { events } = appOf(target);
  const alice = await signedIn(target, "alice");
  const mallory = await signedIn(target, "mallory");
  for (const cookie of [`${alice.cookie}; ${mallory.cookie}`, `${mallory.cookie}; ${alice.cookie}`]) {
    const answer = await send(target, "/me", { headers: [["Cookie", cookie]] });
    assert.equal(answer.status, 401);
    assert.deepEqual(answer.cookies, []);
  }
  assert.equal(events.filter(({ name }) => name === "session.ambiguous").length, 2);
  for (const browser of [alice, mallory]) assert.equal((await browser.get("/me")).status, 200);

  const lower = `${target.cookie.toLowerCase()}=${mallory.ticket}`;
  const spelled = await send(target, "/me", { headers: [["Cookie", lower]] });
  assert.equal(spelled.status, 401);
  const beside = await send(target, "/me", { headers: [["Cookie", `${lower}; ${alice.cookie}`]] });
  assert.equal(field(beside, "subject"), "alice");
}
