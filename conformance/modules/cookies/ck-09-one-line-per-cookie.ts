/** One Set-Cookie line for each response that changes the session, and a value of cookie-octets alone. */
import assert from "node:assert/strict";
import { type Answer, Browser, parseCookie } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CK-09 cookies are cookie-octets, one line for each, never two of a name";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = new Browser(target);
  const answers: Answer[] = [
    await browser.post("/data?key=a"),
    await browser.signIn("alice"),
    await browser.post("/login-as?subject=bob"),
    await browser.post("/rotate"),
    await browser.post("/log-out"),
  ];
  for (const { raw, cookies } of answers) {
    const lines = raw.filter((_, index) => index % 2 === 0 && raw[index]?.toLowerCase() === "set-cookie");
    assert.equal(lines.length, 1);
    const { name, value } = parseCookie(cookies[0] ?? "");
    assert.equal(name, target.cookie);
    assert.match(value, /^([\w-]{22}\.[\w-]{43})?$/);
  }
}
