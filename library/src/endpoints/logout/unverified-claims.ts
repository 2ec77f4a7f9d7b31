/** What a token says of itself, nothing of it verified: good for choosing whom to ask about it, and for no decision. */
import { decodeJwt } from "jose";

/** Longest token that is looked at, in characters; real ones have less than a tenth. */
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
