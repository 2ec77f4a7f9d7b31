/** Compares the access rules of two upstreams: whether one of them refuses a user that the other admits. */
import type { AccessRule } from "../config/config.ts";

/** The rule of an upstream, as far as it says who may pass. */
export interface Terms {
  readonly access: AccessRule;
  /** Users in one of them may pass; none: every authenticated user. */
  readonly groups: ReadonlySet<string>;
  /** The providers whose users may pass; none: all. */
  readonly providers: ReadonlySet<string>;
  /** Lets CORS preflights through without a session. */
  readonly preflight: boolean;
  /** Looks sessions up in the store itself. */
  readonly sensitive: boolean;
  /** How long ago a user may have signed in; `undefined`: any time. */
  readonly maxAge: number | undefined;
  /** Of which classes the sign-in may be; none: any. */
  readonly acr: ReadonlySet<string>;
}

const RANKS: { readonly [rule in AccessRule]: number } = { public: 0, optional: 1, user: 2, api: 2, groups: 2 };

/** Whether `one` would keep a request out that `other` lets pass. */
export function isStricter(one: Terms, other: Terms): boolean {
  const [rank, otherRank] = [RANKS[one.access], RANKS[other.access]];
  if (rank !== otherRank) return rank > otherRank;
  if (one.access === "public") return false;
  if (narrows(one.groups, other.groups) || narrows(one.providers, other.providers)) return true;
  if (narrows(one.acr, other.acr) || (one.maxAge ?? Number.POSITIVE_INFINITY) < (other.maxAge ?? Number.POSITIVE_INFINITY))
    return true;
  if (one.sensitive && !other.sensitive) return true;
  return rank > 1 && other.preflight && !one.preflight;
}

/** Whether a choice excludes a user that the other includes; an empty choice includes all. */
function narrows(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size > 0 && (other.size === 0 || [...other].some((choice) => !one.has(choice)));
}
