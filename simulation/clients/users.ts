/** The few users of a run, and the names under which sessions know them. */
import type { SignOn } from "../world/world.ts";
import { ISSUER } from "../world/world.ts";

export const USERS = ["alice", "bob", "carol"] as const;

/** The subject of a user, who may be one whom no provider knows. */
export const subjectOf = (user: number): string => USERS[user] ?? "nobody";

/** Whose sessions are that a provider's logins begin. */
export function ownerOf(user: number, { issuer }: Pick<SignOn, "issuer"> = { issuer: ISSUER }): string {
  return `${issuer} ${subjectOf(user)}`;
}
