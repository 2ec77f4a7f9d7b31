import assert from "node:assert/strict";
import { type Answer, Browser, parseCookie } from "../client.ts";
import { appOf, type Target } from "../target.ts";

export const title = "CK-01 every cookie is Secure";

/** Every cookie of a whole life: set, exchanged, cleared on a dead ticket, cleared by logout. */
async function life(target: Target): Promise<readonly string[]> {
  const browser = new Browser(target);
  const copy = new Browser(target);
  const answers: Answer[] = [await browser.post("/data?key=a"), await browser.signIn("alice"), await browser.post("/rotate")];
  copy.keep(target.cookie, browser.ticket);
  answers.push(await browser.post("/log-out"), await copy.visit("/public"));
  for (const { cookies } of answers) assert.equal(cookies.length, 1);
  return answers.flatMap(({ cookies }) => cookies);
}

export async function run(target: Target): Promise<void> {
  appOf(target);
  for (const line of await life(target)) {
    const { attributes, name, value } = parseCookie(line);
    assert.ok(attributes.has("secure"), `${name}=${value.length} characters`);
  }
}
