/** A cross-site POST, PUT, PATCH or DELETE with a session cookie, on the app's routes and on the library's. */
import assert from "node:assert/strict";
import { field, send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CS-01 every unsafe request with a cookie is checked, on every route and by every method";

export async function run(target: Target): Promise<void> {
  const { store } = appOf(target);
  const browser = await signedIn(target);
  const before = store.writes.length;
  const paths = [
    "/data?key=a",
    "/update",
    "/rotate",
    "/login-as?subject=bob",
    "/log-out",
    "/slow?key=a",
    `${target.prefix}/logout`,
    `${target.prefix}/session`,
  ];
  for (const path of paths) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const headers = [
        ["Cookie", browser.cookie],
        ["Sec-Fetch-Site", "cross-site"],
        ["Origin", "https://evil.example"],
      ] as const;
      const { status, cookies } = await send(target, path, { method, headers });
      assert.ok(status === 403 || (method !== "POST" && status === 405), `${method} ${path} answered ${status}`);
      assert.deepEqual(cookies, []);
    }
  }
  assert.equal(store.writes.length, before);
  assert.equal(field(await browser.get("/me"), "subject"), "alice");
}
