import assert from "node:assert/strict";
import { signedIn } from "../client.ts";
import { appOf, type Target } from "../target.ts";

export const title = "S-45 a logout that the store would not take is 503, is reported, and can be repeated";

export async function run(target: Target): Promise<void> {
  const { store, events } = appOf(target);
  const browser = await signedIn(target);
  const copy = browser.copy();
  store.fail("put", "end");
  for (const path of ["/log-out", `${target.prefix}/logout`]) {
    const refused = await browser.post(path);
    assert.equal(refused.status, 503);
    assert.deepEqual(refused.cookies, []);
  }
  assert.equal(events.filter(({ name, level }) => name === "store.failed" && level === "error").length, 2);
  store.recover();
  assert.equal((await browser.post(`${target.prefix}/logout`)).status, 303);
  assert.equal((await copy.get("/me")).status, 401);
}
