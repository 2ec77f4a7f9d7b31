/** The HttpOnly attribute, on every cookie of a session's life. */
import assert from "node:assert/strict";
import { cookiesOfALife } from "../../cookie-life.ts";
import type { Target } from "../../target.ts";

export const title = "CK-02 every cookie is HttpOnly";

export async function run(target: Target): Promise<void> {
  for (const { attributes, name } of await cookiesOfALife(target)) assert.ok(attributes.has("httponly"), name);
}
