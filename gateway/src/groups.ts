import type { Identity } from "coatcheck";

/** The groups that the provider vouches for: the texts of the claim `groups`. */
export function groupsOf(identity: Identity | null): readonly string[] {
  const claim = identity?.claims["groups"];
  return Array.isArray(claim) ? claim.filter((group) => typeof group === "string") : [];
}
