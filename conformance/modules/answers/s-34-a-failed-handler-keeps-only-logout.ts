/** What a handler asked for before it threw or answered 5xx: a logout stands, edits and logins do not. */
import assert from "node:assert/strict";
import { field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-34 a logout is kept whatever the handler does next; nothing else that a failed handler wanted is";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target, "alice");
  for (const path of ["/boom?key=a", "/boom?key=a&subject=bob", "/boom?key=a&status=503", "/boom?key=a&subject=bob&status=500"]) {
    const answer = await browser.post(path);
    assert.ok(answer.status >= 500);
    assert.deepEqual(answer.cookies, []);
  }
  const me = await browser.get("/me");
  assert.deepEqual([field(me, "subject"), field(me, "data")], ["alice", {}]);
  const token = await browser.get("/token");
  assert.deepEqual([token.status, field(token, "code")], [503, "ERR_TOKEN_UNAVAILABLE"]);
  assert.ok(Number(token.headers["retry-after"]) > 0);

  const copy = browser.copy();
  assert.equal((await browser.post("/boom?key=a&logout")).status, 500);
  assert.equal((await copy.get("/me")).status, 401);
  const kept = await signedIn(target, "alice");
  assert.equal((await kept.post("/boom?key=a&status=404")).status, 404);
  assert.deepEqual(field(await kept.get("/me"), "data"), { a: "value" });
}
