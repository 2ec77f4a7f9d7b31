/** The SameSite attribute, on every cookie of a session's life. */
import assert from "node:assert/strict";
import { cookiesOfALife } from "../../cookie-life.ts";
import type { Target } from "../../target.ts";

export const title = "CK-04 every cookie says SameSite";

export async function run(target: Target): Promise<void> {
  for (const { attributes, name } of await cookiesOfALife(target)) {
    assert.ok(["Lax", "Strict"].includes(attributes.get("samesite") ?? ""), name);
  }
}
