import { ISSUER } from "./world.ts";

export const USERS = ["alice", "bob", "carol"] as const;

/** Whose sessions are that the provider's logins begin. */
export function ownerOf(user: number): string {
  return `${ISSUER} ${USERS[user] ?? "nobody"}`;
}
