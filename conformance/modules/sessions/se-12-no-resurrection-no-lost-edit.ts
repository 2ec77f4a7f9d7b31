/** Concurrent writes: after a logout they fail, and edits beside each other are all kept. */
import assert from "node:assert/strict";
import { field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-12 a late write resurrects nothing, and no edit is lost";

export async function run(target: Target): Promise<void> {
  const { slow } = appOf(target);
  const browser = await signedIn(target);
  const late = browser.copy();
  const arrived = slow.hold();
  const write = late.post("/slow?key=late");
  await arrived;
  await browser.post("/log-out");
  slow.release();
  const answer = await write;
  assert.equal(answer.status, 401);
  assert.equal(field(answer, "code"), "ERR_SESSION_ENDED");
  assert.deepEqual(answer.cookies, []);
  assert.equal((await late.get("/me")).status, 401);

  const writer = await signedIn(target);
  const again = slow.hold();
  const edits = Array.from({ length: 20 }, () => writer.copy().post("/slow?update"));
  const others = ["a", "b", "c"].map((key) => writer.copy().post(`/slow?key=${key}`));
  await again;
  slow.release();
  for (const edit of await Promise.all([...edits, ...others])) assert.equal(edit.status, 200);
  assert.deepEqual(field(await writer.get("/me"), "data"), { count: 20, a: "value", b: "value", c: "value" });
}
