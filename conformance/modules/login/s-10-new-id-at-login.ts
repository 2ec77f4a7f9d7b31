/** The id changes with each login; data of an anonymous session are kept, those of another user never. */
import assert from "node:assert/strict";
import { Browser, field } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-10 a login has a new id, and the old one is dead";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = new Browser(target);
  await browser.post("/data?key=cart&value=book");
  const before = browser.copy();
  await browser.signIn("alice");
  assert.notEqual(browser.ticket.split(".")[0], before.ticket.split(".")[0]);
  assert.deepEqual(field(await browser.get("/me"), "data"), { cart: "book" });
  assert.deepEqual(field(await before.get("/public"), "data"), {});

  const first = browser.copy();
  await browser.signIn("alice");
  assert.equal((await first.get("/me")).status, 401);
  await browser.signIn("bob");
  assert.deepEqual(field(await browser.get("/me"), "data"), {}, "another identity's data are never taken over");
}
