/** The list of a user's own sessions: its fields, the end of one and of all others, and its CSRF check. */
import assert from "node:assert/strict";
import { type Browser, field, send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-10 users list and end their own sessions; a handle of the list proves nothing";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const path = `${target.prefix}/sessions`;
  assert.equal((await send(target, path)).status, 401);
  const [here, there, third] = [await signedIn(target), await signedIn(target), await signedIn(target)];
  const list = async (browser: Browser): Promise<readonly unknown[]> => {
    const sessions = field(await browser.get(path), "sessions");
    assert.ok(Array.isArray(sessions));
    return sessions;
  };
  const listed = await list(here);
  assert.equal(listed.length, 3);
  const keys = ["address", "createdAt", "current", "expiresAt", "id", "idleExpiresAt", "method", "seenAt", "userAgent"];
  for (const one of listed) assert.deepEqual(Object.keys(Object(one)).sort(), keys);
  for (const { ticket } of [here, there, third]) {
    const [, secret = ""] = ticket.split(".");
    assert.equal(JSON.stringify(listed).includes(secret), false, "a secret in the list");
  }

  const [id = ""] = there.ticket.split(".");
  for (const handle of [id, `${id}.${id}`]) {
    const forged = await send(target, "/me", { headers: [["Cookie", `${target.cookie}=${handle}`]] });
    assert.equal(forged.status, 401, "the handle proves nothing");
  }
  for (const site of ["cross-site", "same-site"]) {
    const foreign = [["Sec-Fetch-Site", site]] as const;
    assert.equal((await here.get(path, foreign)).status, 403);
    assert.equal((await here.delete(`${path}/${id}`, foreign)).status, 403);
    assert.equal((await here.post(`${path}/end-others`, foreign)).status, 403);
  }
  assert.equal((await there.get("/me")).status, 200);

  assert.equal((await here.delete(`${path}/${id}`)).status, 204);
  assert.equal((await there.get("/me")).status, 401);
  assert.equal((await list(here)).length, 2);
  assert.equal(field(await here.post(`${path}/end-others`), "ended"), 1);
  assert.deepEqual([(await third.get("/me")).status, (await here.get("/me")).status], [401, 200]);

  const copy = here.copy();
  const [own = ""] = here.ticket.split(".");
  assert.equal((await here.delete(`${path}/${own}`)).status, 204);
  assert.equal(here.ticket, "", "the cookie is cleared");
  assert.equal((await copy.get("/me")).status, 401);
}
