/** The library's endpoints, existing and not, under a form that another site posts. */
import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { Target } from "../../target.ts";

export const title = "CS-09 of our endpoints none takes a cross-site POST";

const ENDPOINTS = ["login", "callback", "logout", "session", "sessions", "tokens", "tokens/refresh", "console/"];

export async function run(target: Target): Promise<void> {
  for (const path of ENDPOINTS) {
    const headers = [
      ["Sec-Fetch-Site", "cross-site"],
      ["Origin", "https://evil.example"],
      ["Content-Type", "application/x-www-form-urlencoded"],
    ] as const;
    const { status, cookies } = await send(target, `${target.prefix}/${path}`, { method: "POST", headers, body: "a=1" });
    assert.ok([403, 404, 405].includes(status), `${path} answered ${status}`);
    assert.deepEqual(cookies, []);
  }
}
