/** The claims of a token, not verified: for choosing the provider that verifies it, and for no decision. */
import { decodeJwt } from "jose";

/** The longest token that is parsed, in characters; real ones have less than a tenth. */
const MAX_TOKEN = 16_384;

/** The claims of a compact JWS; `null` if it is none, or too long. Never throws. */
export function unverifiedClaims(token: string): { readonly [name: string]: unknown } | null {
  if (token.length > MAX_TOKEN) return null;
  try {
    return decodeJwt(token);
  } catch {
    return null;
  }
}
