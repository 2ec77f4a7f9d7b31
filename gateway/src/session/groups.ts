/** The groups of an identity. */
import type { Identity, JsonValue } from "coatcheck";

const NONE: readonly string[] = [];

/** The groups that the provider vouches for: the texts of the claim `groups`. Usually the very list of the claim. */
export function groupsOf(identity: Identity | null): readonly string[] {
  const claim = identity?.claims["groups"];
  if (!isList(claim)) return NONE;
  return claim.every(isText) ? claim : claim.filter(isText);
}

function isList(claim: JsonValue | undefined): claim is readonly JsonValue[] {
  return Array.isArray(claim);
}

/** Whether a claim, or a member of one, is a text. */
export function isText(value: JsonValue | undefined): value is string {
  return typeof value === "string";
}
