/** Exactly which fields the session endpoint answers: no token of the provider, no secret of the session. */
import assert from "node:assert/strict";
import { json, send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "A-33 the session endpoint tells the user and the limits, and no more";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const answer = json(await browser.get(`${target.prefix}/session`));
  assert.deepEqual(Object.keys(answer).sort(), ["identity", "logoutUrl", "session"]);
  const keys = (value: unknown): string[] => Object.keys(typeof value === "object" && value !== null ? value : {}).sort();
  assert.deepEqual(keys(answer["identity"]), ["claims", "issuer", "subject"]);
  assert.deepEqual(keys(answer["session"]), ["createdAt", "expiresAt", "id", "idleExpiresAt"]);
  const [id, secret = ""] = browser.ticket.split(".");
  assert.equal(JSON.stringify(answer).includes(secret), false);
  const handle = `${target.cookie}=${id}`;
  assert.equal((await send(target, "/me", { headers: [["Cookie", handle]] })).status, 401, "the handle proves nothing");
}
