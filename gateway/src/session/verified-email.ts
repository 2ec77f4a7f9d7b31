import type { JsonObject } from "coatcheck";

/**
 * Whether the issuer says of the claim `email` that it was never verified: anybody may have typed it in. Some write the claim as text;
 * what is neither true nor absent is no yes. Issuers without the claim say nothing, and are taken at their word (F-14).
 */
export function isUnverified(claims: JsonObject): boolean {
  const verified = claims["email_verified"];
  if (verified === undefined || verified === true) return false;
  return typeof verified !== "string" || verified.toLowerCase() !== "true";
}
