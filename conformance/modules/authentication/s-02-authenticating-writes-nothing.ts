/** Authentication is free of side effects: valid and invalid credentials, in every combination, cause no write. */
import assert from "node:assert/strict";
import { send, signedIn } from "../../client.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "S-02 authenticating a request writes nothing, whatever came along";

export async function run(target: Target): Promise<void> {
  const { store, bearer } = appOf(target);
  const browser = await signedIn(target);
  const before = store.writes.length;
  const credentials = [browser.cookie, `${target.cookie}=nonsense`, `${target.cookie}=${"A".repeat(22)}.${"A".repeat(43)}`];
  for (const cookie of credentials) {
    for (const authorization of ["", `Bearer ${bearer}`, "Bearer nonsense", "Basic YTpi"]) {
      for (const path of ["/public", "/me", `${target.prefix}/session`]) {
        const headers: [string, string][] = [["Cookie", cookie]];
        if (authorization !== "") headers.push(["Authorization", authorization]);
        const answer = await send(target, path, { headers });
        assert.ok(answer.status < 500);
        assert.deepEqual(answer.cookies, []);
      }
    }
  }
  assert.equal(store.writes.length, before);
}
