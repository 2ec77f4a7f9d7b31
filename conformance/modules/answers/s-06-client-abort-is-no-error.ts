/** The client disconnects during the handler: its edit is stored, and no error is logged. */
import assert from "node:assert/strict";
import { field, SAME_ORIGIN, send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-06 a client that hangs up is no error of the server, and what it asked for is stored";

export async function run(target: Target): Promise<void> {
  const { slow, store, events } = appOf(target);
  const browser = await signedIn(target);
  const before = store.writes.length;
  const aborted = new AbortController();
  const arrived = slow.hold();
  const request = send(target, "/slow?key=kept", {
    method: "POST",
    headers: [["Cookie", browser.cookie], ...SAME_ORIGIN],
    signal: aborted.signal,
  });
  await arrived;
  aborted.abort();
  await assert.rejects(request);
  slow.release();
  while (store.writes.length === before) await new Promise(setImmediate);
  assert.deepEqual(field(await browser.get("/me"), "data"), { kept: "value" });
  assert.deepEqual(
    events.filter(({ level }) => level === "error" || level === "warn"),
    [],
  );
}
