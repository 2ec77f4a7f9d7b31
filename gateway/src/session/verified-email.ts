/** Tells whether an issuer denies that an e-mail address was verified. */
import type { JsonObject } from "coatcheck";

/**
 * Whether the issuer says that the claim `email` was never verified, so that any address may have been typed in. Some
 * issuers write the claim as text; a value that is neither true nor absent means unverified. An issuer without the
 * claim is trusted (F-14).
 */
export function isUnverified(claims: JsonObject): boolean {
  const verified = claims["email_verified"];
  if (verified === undefined || verified === true) return false;
  return typeof verified !== "string" || verified.toLowerCase() !== "true";
}
