/** Logout while a refresh is at the provider: waiting requests hear of it, and the new token is revoked. */
import assert from "node:assert/strict";
import { signedInThere } from "../../client.ts";
import { holdRefreshes } from "../../refreshing.ts";
import { appOf, type Target } from "../../target.ts";

export const title =
  "RF-06 a logout wins over a refresh in flight: 401 at once and for ever, and the new refresh token is revoked";

export async function run(target: Target): Promise<void> {
  const app = appOf(target);
  const { clock, provider, events, tokenLifetime } = app;
  const browser = await signedInThere(target, "alice");
  const copy = browser.copy();
  clock.advance(tokenLifetime + 1000);
  const held = holdRefreshes(app);
  const waiting = Promise.all([copy.get("/me"), copy.get("/token"), copy.get(`${target.prefix}/session`)]);
  await held.arrived();
  assert.equal((await browser.post(`${target.prefix}/logout`)).status, 303, "a logout waits for no provider");
  assert.deepEqual(
    (await waiting).map(({ status }) => status),
    [401, 401, 401],
    "waiting requests hear of it at once",
  );
  assert.equal((await copy.get("/me")).status, 401);
  const before = provider.revoked.length;
  held.release();
  while (!events.some(({ name }) => name === "refresh.discarded")) await new Promise((resolve) => setImmediate(resolve));
  while (provider.revoked.length === before) await new Promise((resolve) => setImmediate(resolve));
  for (const path of ["/me", "/token"]) assert.equal((await copy.get(path)).status, 401, path);
  assert.equal(events.filter(({ name }) => name === "session.ended").length, 1);
  assert.equal(
    events.some(({ name }) => name === "refresh.completed"),
    false,
  );
}
