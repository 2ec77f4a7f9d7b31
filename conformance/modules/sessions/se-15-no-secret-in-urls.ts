/** Pages, redirects and headers are searched for the secret of the session that they belong to. */
import assert from "node:assert/strict";
import { signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "SE-15 the secret of a session is in no address and no body";

export async function run(target: Target): Promise<void> {
  appOf(target);
  const browser = await signedIn(target);
  const secret = browser.ticket.split(".")[1] ?? "";
  assert.equal(secret.length, 43);
  const paths = ["/me", "/public", "/token", `${target.prefix}/session`, `${target.prefix}/logout`, `${target.prefix}/login`];
  for (const path of paths) {
    const { text, raw } = await browser.visit(path);
    assert.ok(!(text + raw.join("\n")).includes(secret), `${path} shows the secret`);
  }
  const logout = await browser.post(`${target.prefix}/logout`);
  assert.ok(!(logout.headers.location ?? "").includes(secret));
}
