/** Whether a user is on a list of e-mail addresses and domains. */
import type { Identity } from "coatcheck";
import type { UserEntry } from "../../config/kinds/user-entry.ts";
import type { UsersOf } from "../users-of.ts";
import { isUnverified } from "../verified-email.ts";
import type { ClaimNames } from "./claim-names.ts";

const NOBODY: ReadonlySet<string> = new Set();
const sets = new WeakMap<readonly UserEntry[], ReadonlySet<string>>();

/** Made once for each reading of the configuration. */
function setOf(entries: readonly UserEntry[]): ReadonlySet<string> {
  const known = sets.get(entries);
  if (known !== undefined) return known;
  const made = entries.length === 0 ? NOBODY : new Set(entries.flatMap(({ addresses }) => addresses));
  sets.set(entries, made);
  return made;
}

/** An address has one `@`, and its domain is all behind it. */
export function isListed(address: string, entries: readonly UserEntry[]): boolean {
  const parts = address.toLowerCase().split("@");
  const [name = "", domain = ""] = parts;
  if (parts.length !== 2 || name === "" || domain === "") return false;
  const listed = setOf(entries);
  return listed.has(`${name}@${domain}`) || listed.has(`@${domain}`);
}

/** What an identity's address is worth. */
export type Address = { readonly kind: "verified" | "unverified"; readonly text: string } | { readonly kind: "none" };

/** Reads addresses, and says which of them count: one that was never verified may be anybody's (F-14). */
export class Addresses {
  readonly #claims: ClaimNames;
  readonly #trusted: UsersOf;

  /** @param trusted users of providers whose addresses count though they say that they never verified them */
  constructor(claims: ClaimNames, trusted: UsersOf) {
    this.#claims = claims;
    this.#trusted = trusted;
  }

  of(identity: Identity): Address {
    const text = this.#claims.email(identity);
    if (typeof text !== "string" || text === "") return { kind: "none" };
    return { kind: isUnverified(identity.claims) && !this.#trusted.has(identity) ? "unverified" : "verified", text };
  }

  isListed(identity: Identity, entries: readonly UserEntry[]): boolean {
    const address = this.of(identity);
    return address.kind === "verified" && isListed(address.text, entries);
  }
}
