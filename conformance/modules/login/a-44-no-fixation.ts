/** Session fixation: the attacker's own ticket, anonymous or authenticated, planted in the victim's browser. */
import assert from "node:assert/strict";
import { Browser, field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "A-44 a ticket planted before the login is dead after it";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const attacker = new Browser(target);
  await attacker.post("/data?key=planted");
  const victim = attacker.copy();
  await victim.signIn("alice");
  assert.notEqual(victim.ticket, attacker.ticket);
  assert.equal((await attacker.get("/me")).status, 401);

  // Theirs, signed in as them: the victim's login keeps nothing of it.
  const signed = await signedIn(target, "mallory");
  await signed.post("/data?key=planted");
  const other = signed.copy();
  await other.signIn("alice");
  const me = await other.get("/me");
  assert.deepEqual([field(me, "subject"), field(me, "data")], ["alice", {}]);
  assert.equal((await signed.get("/me")).status, 401);
}
