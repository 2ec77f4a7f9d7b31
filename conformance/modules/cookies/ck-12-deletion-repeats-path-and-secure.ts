/** The attributes that decide which cookie a browser deletes: Path, Secure and Domain, on setting and on clearing. */
import assert from "node:assert/strict";
import { cookiesOfALife } from "../../cookie-life.ts";
import type { Target } from "../../target.ts";

export const title = "CK-12 deletion repeats Path and Secure, with Max-Age=0";

export async function run(target: Target): Promise<void> {
  for (const { attributes, name, value } of await cookiesOfALife(target)) {
    assert.ok([target.cookie, ...target.beside].includes(name), name);
    assert.deepEqual([attributes.get("path"), attributes.has("secure"), attributes.has("domain")], ["/", true, false]);
    assert.equal(attributes.get("max-age") === "0", value === "");
  }
}
