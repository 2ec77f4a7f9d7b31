/** Each store call fails in turn, under each operation: 503 with Retry-After if the answer depends on it. */
import assert from "node:assert/strict";
import { EVERY_METHOD, type StoreMethod } from "../../app/store.ts";
import { type Answer, Browser, field, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title =
  "S-05 a store that fails at any call the answer depends on: 503, cookie untouched, still signed in afterwards";

async function refused(answer: Answer, what: string): Promise<void> {
  assert.equal(answer.status, 503, what);
  assert.ok(Number(answer.headers["retry-after"]) > 0, what);
  assert.deepEqual(answer.cookies, [], what);
  assert.equal(field(answer, "code"), "ERR_STORE_UNAVAILABLE", what);
}

const CALLS: readonly (readonly [method: StoreMethod, path: string])[] = [
  ["get", "/data?key=a"],
  ["put", "/data?key=a"],
  ["put", "/update"],
  ["put", "/rotate"],
  ["put", "/login-as?subject=alice"],
  ["marked", "/login-as?subject=alice"],
  ["put", "/login-as?subject=bob&fresh"],
];

export async function run(target: Target): Promise<void> {
  const { store, clock, events, idle } = appOf(target);
  for (const [method, path] of CALLS) {
    const browser = await signedIn(target);
    store.fail(method);
    await refused(await browser.post(path), `${path} when ${method} fails`);
    store.recover();
    if (!path.endsWith("fresh"))
      assert.equal((await browser.get("/me")).status, 200, `${path} after ${method} failed: signed out`);
  }
  // A logout clears the cookie all the same: S-45.
  const reader = await signedIn(target);
  const anonymous = new Browser(target);
  store.fail("put");
  await refused(await anonymous.post("/data?key=a"), "a first write");
  store.recover();
  // A request without a ticket causes no look-up, and a touch is only counted.
  store.fail(...EVERY_METHOD);
  assert.equal((await anonymous.get("/public")).status, 200);
  store.recover();
  clock.advance(idle / 2);
  store.fail("touch");
  assert.equal((await reader.get("/me")).status, 200);
  assert.ok(events.some(({ name }) => name === "touch.failed"));
  store.recover();
}
