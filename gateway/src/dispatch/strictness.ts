/** Compares the access rules of two upstreams: which of them keeps somebody out whom the other lets pass. */
import type { AccessRule } from "../config/config.ts";

/** The rule of an upstream, as far as it says who may pass. */
export interface Terms {
  readonly access: AccessRule;
  /** Whoever is in one of them; none: everybody who is signed in. */
  readonly groups: ReadonlySet<string>;
  /** Whose users; none: everybody's. */
  readonly providers: ReadonlySet<string>;
  /** Lets CORS preflights through without a session. */
  readonly preflight: boolean;
}

const RANKS: { readonly [rule in AccessRule]: number } = { public: 0, optional: 1, user: 2, api: 2, groups: 2 };

/** Whether `one` would keep a request out that `other` lets pass. */
export function isStricter(one: Terms, other: Terms): boolean {
  const [rank, otherRank] = [RANKS[one.access], RANKS[other.access]];
  if (rank !== otherRank) return rank > otherRank;
  if (one.access === "public") return false;
  if (narrows(one.groups, other.groups) || narrows(one.providers, other.providers)) return true;
  return rank > 1 && other.preflight && !one.preflight;
}

/** Whether a choice leaves out somebody whom another one takes; an empty choice takes everybody. */
function narrows(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size > 0 && (other.size === 0 || [...other].some((choice) => !one.has(choice)));
}
