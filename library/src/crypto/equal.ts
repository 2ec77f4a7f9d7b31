/** The comparison of secrets in constant time. */
import { hash } from "node:crypto";

/**
 * Whether two hashes (or other texts that must not be guessed byte by byte) are the same. The one place where secrets
 * are compared.
 *
 * Constant time: every character is compared whatever the others were, so the time tells the length and nothing else.
 * For the 43 characters of a SHA-256 this loop takes about 40 ns; `crypto.timingSafeEqual` needs two buffers first and
 * takes three to five times as long. The texts are hashes of what was presented, so that even if a compiler made the
 * time uneven, an attacker could not use it.
 */
export function equalHash(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}

/**
 * Whether a presented secret of any length is the expected one. Both are hashed first, so that the time tells not even
 * the length.
 *
 * @example
 * ```ts
 * import { sameSecret } from "coatcheck/secrets";
 * const expected = process.env["WEBHOOK_SECRET"] ?? "";
 * const isKnown = (presented: string) => expected !== "" && sameSecret(presented, expected);
 * ```
 */
export function sameSecret(presented: string, expected: string): boolean {
  return equalHash(hash("sha256", presented, "base64url"), hash("sha256", expected, "base64url"));
}
