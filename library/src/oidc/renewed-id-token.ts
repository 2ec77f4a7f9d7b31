import type { Identity } from "../contracts.ts";
import { ProviderProblem } from "./failure.ts";

type Claims = { readonly [claim: string]: unknown };

/**
 * The claim in which an ID token from a refresh is not the one that the person signed in with (OIDC Core 12.2, ID-13), or `null`. `iss`
 * and `sub` are compared with the identity; `aud`, `azp`, `auth_time` and `nonce` with the ID token that is kept. A claim that the kept
 * one does not have has nothing to be compared with: a `nonce` in particular ties an answer to the browser that asked, and none did.
 */
export function changedSince(renewed: Claims | null, before: Claims | null, identity: Identity): ProviderProblem | null {
  if (renewed === null) return new ProviderProblem("refused", "id_token", "the renewed ID token cannot be read");
  const original: Claims = { auth_time: identity.claims["auth_time"], ...before, iss: identity.issuer, sub: identity.subject };
  const changed = (claim: string): boolean => {
    if (claim === "iss" || claim === "sub") return renewed[claim] !== original[claim];
    if (renewed[claim] === undefined || original[claim] === undefined) return false;
    return claim === "aud" ? audience(renewed) !== audience(original) : renewed[claim] !== original[claim];
  };
  const claim = ["iss", "sub", "aud", "azp", "auth_time", "nonce"].find(changed);
  return claim === undefined ? null : new ProviderProblem("refused", claim, `the renewed ID token has another ${claim}`);
}

/** One audience may stand alone or in a list, and a list has no order. */
const audience = ({ aud }: Claims): string => JSON.stringify([...new Set(Array.isArray(aud) ? aud : [aud])].sort());

/** What a compact JWS says, its signature not looked at. */
export function payloadOf(token: string | null): Claims | null {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token ?? "")?.[1];
  if (payload === undefined) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : null;
  } catch {
    return null;
  }
}
