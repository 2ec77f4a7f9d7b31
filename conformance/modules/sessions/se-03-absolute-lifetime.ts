/** The absolute lifetime: neither activity nor rotation moves its end by a millisecond. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-03 nothing extends the absolute lifetime";

export async function run(target: Target): Promise<void> {
  const { clock, lifetime } = appOf(target);
  const browser = await signedIn(target);
  const step = 30 * 60_000;
  for (let age = step; age < lifetime; age += step) {
    clock.advance(step);
    assert.equal((await browser.get("/me")).status, 200, `after ${age} ms`);
    if (age % (4 * step) === 0) await browser.post("/rotate");
  }
  clock.advance(step - 1);
  assert.equal((await browser.get("/me")).status, 200);
  clock.advance(1);
  assert.equal((await browser.get("/me")).status, 401);
}
