/** A user who can sign in at the development provider. */
export interface Person {
  /** The subject: what the provider calls them for ever. */
  readonly id: string;
  readonly name: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
  readonly groups: readonly string[];
}

export const PEOPLE: readonly Person[] = [
  {
    id: "alice",
    name: "Alice Archer",
    givenName: "Alice",
    familyName: "Archer",
    email: "alice@example.com",
    groups: ["staff", "editors"],
  },
  { id: "bob", name: "Bob Baker", givenName: "Bob", familyName: "Baker", email: "bob@example.com", groups: ["staff"] },
];

/** The password of every user. Development only: the login page says it. */
export const PASSWORD = "coatcheck";

export const personOf = (id: string): Person | undefined => PEOPLE.find((person) => person.id === id);

/** What the provider tells about a person. */
export function claimsOf({ id, name, givenName, familyName, email, groups }: Person): object {
  return {
    sub: id,
    name,
    given_name: givenName,
    family_name: familyName,
    preferred_username: id,
    groups,
    email,
    email_verified: true,
  };
}
