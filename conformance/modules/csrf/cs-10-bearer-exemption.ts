/** An Authorization header that did not authenticate the request does not switch the CSRF check off. */
import assert from "node:assert/strict";
import { send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "CS-10 only a bearer that authenticated the request exempts it from the check";

export async function run(target: Target): Promise<void> {
  const { store, bearer } = appOf(target);
  const browser = await signedIn(target);
  const before = store.writes.length;
  for (const authorization of ["Bearer nonsense", "Bearer", "Bearer ", "Basic YTpi", `Basic ${bearer}`, `bearer${bearer}`]) {
    for (const site of [["Sec-Fetch-Site", "cross-site"] as const, ["Origin", "https://evil.example"] as const]) {
      const { status } = await browser.post("/update", [["Authorization", authorization], site]);
      assert.ok(status === 401 || status === 403, `${authorization} answered ${status}`);
    }
  }
  assert.equal(store.writes.length, before);
  const robot = await send(target, "/slow", {
    method: "POST",
    headers: [
      ["Authorization", `Bearer ${bearer}`],
      ["Sec-Fetch-Site", "cross-site"],
    ],
  });
  assert.equal(robot.status, 200);
}
