/** Whether the ID token from a refresh is about the user who signed in. */
import type { Identity } from "../../../contracts.ts";
import { ProviderProblem } from "../../http/provider-problem.ts";
import type { Claims } from "../id-token-claims.ts";

/**
 * The claim in which an ID token from a refresh differs from the one of the login (OIDC Core 12.2, ID-13), or `null`.
 * `iss` and `sub` are compared with the identity; `aud`, `azp`, `auth_time` and `nonce` with the stored ID token. A
 * claim that the stored one lacks is not compared: a `nonce` in particular binds a response to a browser's request, and
 * a refresh has none.
 */
export function changedSince(refreshed: Claims | null, before: Claims | null, identity: Identity): ProviderProblem | null {
  if (refreshed === null) return new ProviderProblem("refused", "id_token", "the refreshed ID token cannot be read");
  const original: Claims = before ?? {};
  const changed = (claim: (typeof COMPARED)[number]): boolean => {
    const now = refreshed[claim];
    if (claim === "iss") return now !== identity.issuer;
    if (claim === "sub") return now !== identity.subject;
    const then = claim === "auth_time" && !("auth_time" in original) ? identity.claims[claim] : original[claim];
    if (now === undefined || then === undefined || now === then) return false;
    return claim !== "aud" || audience(now) !== audience(then);
  };
  const claim = COMPARED.find(changed);
  return claim === undefined ? null : new ProviderProblem("refused", claim, `the refreshed ID token has another ${claim}`);
}

const COMPARED = ["iss", "sub", "aud", "azp", "auth_time", "nonce"] as const;

/** One audience may stand alone or in a list, and a list has no order. */
const audience = (aud: unknown): string => JSON.stringify([...new Set(Array.isArray(aud) ? aud : [aud])].sort());
