/** The users of the development provider: names, and what it tells of them. */
import type { JsonObject } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";

/**
 * Names, or claims by name. A user has `name`, `preferred_username` and `email` (`NAME@example.com`, verified) by
 * itself; claims of your own are merged over these.
 *
 * @example
 * ```ts
 * import type { DevUsers } from "coatcheck/dev";
 * const users: DevUsers = { alice: { groups: ["staff", "admins"] }, bob: { email: "bob@example.org" } };
 * ```
 */
export type DevUsers = readonly string[] | { readonly [name: string]: JsonObject };

/** What a subject may be (OpenID Connect Core s2), short enough for a button. */
const NAME = /^[\x21-\x7e]{1,64}$/;

/** Claims by name. Throws `ERR_CONFIG` for no user, and for a name that is none. */
export function readUsers(given: DevUsers): ReadonlyMap<string, JsonObject> {
  const entries: readonly (readonly [string, JsonObject])[] = isNames(given)
    ? given.map((name) => [name, {}] as const)
    : Object.entries(given);
  const wrong = entries.find(([name]) => typeof name !== "string" || !NAME.test(name));
  if (wrong !== undefined) {
    const shown = JSON.stringify(String(wrong[0]).slice(0, 80));
    throw refusal(`has ${shown}, which is no name: it takes 1 to 64 printable ASCII characters without spaces`);
  }
  if (entries.length === 0) throw refusal('is empty; name somebody who can sign in: users: ["alice", "bob"]');
  return new Map(entries.map(([name, claims]) => [name, { ...usualClaims(name), ...claims }]));
}

const isNames = (users: DevUsers): users is readonly string[] => Array.isArray(users);

function usualClaims(name: string): JsonObject {
  const email = name.includes("@") ? name : `${name}@example.com`;
  const shown = name.slice(0, 1).toUpperCase() + name.slice(1);
  return { name: shown, preferred_username: name, email, email_verified: true };
}

function refusal(wrong: string): CoatcheckError {
  return new CoatcheckError("ERR_CONFIG", { message: `users of the development provider ${wrong}` });
}
