/** The claims that all bearer tokens are checked by. */
import type { Identity, JsonObject } from "../../contracts.ts";
import type { Fields, Refuse } from "../jwt/jws.ts";
import { momentOf } from "../jwt/jws.ts";
import { LEAST_AHEAD, personalClaims } from "../provider/id-token.ts";

/** What can be asked of every bearer token. Durations are milliseconds. */
export interface TokenTerms {
  /** The clock tolerance; at most 60,000. Default 30,000. */
  readonly clockTolerance?: number;
  /** Words that every token has to have in `scope`, with spaces between; without them 403. Default none. */
  readonly requiredScope?: string;
  /** The owner of a token. Default: its issuer and subject. An exception counts as an outage. */
  readonly owner?: (identity: Identity) => string;
}

/** The issuer and audience of accepted tokens, and the clock tolerance. */
export interface Measure {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Milliseconds. */
  readonly clockTolerance: number;
  /** Words that every token has to allow. */
  readonly requiredScope: readonly string[];
  readonly owner: ((identity: Identity) => string) | null;
}

/** Checks `iat`, `nbf` and `exp`, and returns `exp` without the tolerance, if it is there. Throws the claim's name. */
export function expiryOf(claims: Fields, { clockTolerance }: Measure, now: number, refuse: Refuse): number | null {
  const ahead = Math.max(clockTolerance, LEAST_AHEAD);
  if (claims.has("iat") && momentOf(claims, "iat", refuse) > now + ahead) throw refuse("iat", "it was issued in the future");
  if (claims.has("nbf") && momentOf(claims, "nbf", refuse) > now + clockTolerance) throw refuse("nbf", "it is not valid yet");
  if (!claims.has("exp")) return null;
  const expires = momentOf(claims, "exp", refuse);
  if (expires + clockTolerance <= now) throw refuse("exp", "it has expired");
  return expires;
}

/** Whether one of the token's audiences is one of ours; others may be there beside it (RFC 9068 s4). */
export function isForUs(claims: Fields, { audiences }: Measure): boolean {
  const aud = claims.get("aud");
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.every((one) => typeof one === "string") && audiences.some((audience) => named.includes(audience));
}

/** Whether it is bound to a key, by DPoP or a client certificate, whose proof is not checked here (AD-03). */
export const isBound = (claims: Fields): boolean => claims.has("cnf");

/** The words of `scope`, or of `scp`, by which some providers call it; a text or a list. `null`: it names none. */
export function scopeOf(claims: Fields): string | null {
  const scope = claims.get("scope") ?? claims.get("scp");
  if (typeof scope === "string") return scope;
  return Array.isArray(scope) && scope.every((one) => typeof one === "string") ? scope.join(" ") : null;
}

/** Whether the token has every required word. */
export function allows(scope: string | null, { requiredScope }: Measure): boolean {
  const given = new Set((scope ?? "").split(" "));
  return requiredScope.every((word) => given.has(word));
}

/** The user of the token. Throws `sub` if there is none, or one that cannot be stored. */
export function identityOf(claims: Fields, { issuer }: Measure, now: number, refuse: Refuse): Identity {
  const subject = claims.get("sub");
  if (typeof subject !== "string" || !/^[\x20-\x7e]{1,255}$/.test(subject))
    throw refuse("sub", "sub is not 1 to 255 ASCII characters");
  const authenticated = claims.has("auth_time") ? momentOf(claims, "auth_time", refuse) : now;
  return {
    issuer,
    subject,
    claims: claimsOf(claims),
    authenticatedAt: Math.min(authenticated, now),
    method: "bearer",
  };
}

/** Members of an introspection response that are not claims of the token. */
const OF_THE_ANSWER: ReadonlySet<string> = new Set(["active", "token_type"]);

function claimsOf(claims: Fields): JsonObject {
  const own = [...claims].filter(([name]) => !OF_THE_ANSWER.has(name));
  return personalClaims(Object.fromEntries(own), null, { claims: null });
}
