/** The setting `devUsers`: who signs in while an app is written, before there is a provider. */
import { text } from "../kinds/kinds.ts";
import { fallback, list, object, optional, required } from "../kinds/shape.ts";
import type { Problem } from "../sources/place.ts";

const devUser = object(
  {
    name: required(text, "What they sign in as.", "For example alice."),
    email: optional(text, "Their e-mail address. Default: `NAME@example.com`."),
    groups: fallback(list(text), "Their groups.", []),
  },
  { label: "a name, or an object", expand: (name) => ({ name }) },
);

/** Off unless it names somebody. */
export const devUsers = fallback(
  list(devUser),
  "Who can sign in without a provider and without a password, while an app is written; for loopback addresses alone, and for requests of this machine. Takes the place of `providers`.",
  [],
  { env: "COATCHECK_DEV_USERS" },
);

interface Settings {
  readonly devUsers: readonly { readonly name: string }[];
  readonly providers: readonly unknown[];
}

/** Beside a provider nobody would know who somebody is. */
export function ofDevUsers({ devUsers: users, providers }: Settings): Problem[] {
  if (users.length === 0 || providers.length === 0) return [];
  const lines = ["They sign in without a password. Remove them (COATCHECK_DEV_USERS) now that there is a provider."];
  return [{ headline: "devUsers is given beside a provider", lines }];
}

/** `for development: alice, bob, without passwords`; nothing without any. */
export function devUsersInWords({ devUsers: users }: Pick<Settings, "devUsers">): readonly string[] {
  return users.length === 0 ? [] : [`for development: ${users.map(({ name }) => name).join(", ")}, without passwords`];
}

/** Said at each start. */
export function devUsersWarning({ devUsers: users }: Pick<Settings, "devUsers">): readonly string[] {
  if (users.length === 0) return [];
  return [
    `devUsers: whoever is at this machine signs in as ${users.map(({ name }) => name).join(", ")}, without a password. Name a provider before anyone else can reach this.`,
  ];
}
