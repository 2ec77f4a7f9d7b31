/** The list of sessions under attack: ids of another user, unknown ids and malformed ones get one answer. */
import assert from "node:assert/strict";
import { json, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-10 another user's session is neither listed nor ended, nor told from one that is not there";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const path = `${target.prefix}/sessions`;
  const [alice, bob] = [await signedIn(target, "alice"), await signedIn(target, "bob")];
  const [theirs = ""] = bob.ticket.split(".");
  assert.equal((await alice.get(path)).text.includes(theirs), false);
  const foreign = await alice.delete(`${path}/${theirs}`);
  assert.equal(foreign.status, 404);
  assert.deepEqual(foreign.cookies, []);
  for (const id of ["AAAAAAAAAAAAAAAAAAAAAA", "x", "", "%00", `${theirs}x`]) {
    const unknown = await alice.delete(`${path}/${id}`);
    assert.deepEqual([unknown.status, json(unknown)], [404, json(foreign)], id);
  }
  await alice.post(`${path}/end-others`);
  assert.equal((await bob.get("/me")).status, 200);
  assert.equal((await alice.get("/me")).status, 200);
}
