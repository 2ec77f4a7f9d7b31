import type { Identity } from "coatcheck";

const NONE: readonly string[] = [];
/** The engine hands out one identity for as long as a session does not change, so its groups are picked out once. */
const remembered = new WeakMap<Identity, readonly string[]>();

/** The groups that the provider vouches for: the texts of the claim `groups`. */
export function groupsOf(identity: Identity | null): readonly string[] {
  if (identity === null) return NONE;
  const known = remembered.get(identity);
  if (known !== undefined) return known;
  const claim = identity.claims["groups"];
  const groups = Array.isArray(claim) ? claim.filter((group) => typeof group === "string") : NONE;
  remembered.set(identity, groups);
  return groups;
}
