/** All the cookies that one session sets in its life, for the modules that check attributes. */
import assert from "node:assert/strict";
import { type Answer, Browser, parseCookie } from "./client.ts";
import { appOf, type Target } from "./target.ts";

/** Every cookie of a whole life: set, exchanged, cleared by logout, cleared on a dead ticket. */
export async function cookiesOfALife(target: Target): Promise<readonly ReturnType<typeof parseCookie>[]> {
  appOf(target);
  const browser = new Browser(target);
  const copy = new Browser(target);
  const answers: Answer[] = [await browser.post("/data?key=a"), await browser.signIn("alice"), await browser.post("/rotate")];
  copy.keep(target.cookie, browser.ticket);
  answers.push(await browser.post("/log-out"), await copy.visit("/public"));
  const lines = answers.map(({ cookies }) => cookies.map(parseCookie));
  for (const cookies of lines) {
    const beside = cookies.some(({ value }) => value === "") ? target.beside : [];
    assert.deepEqual(
      cookies.map(({ name }) => name),
      [target.cookie, ...beside],
    );
  }
  return lines.flat();
}
