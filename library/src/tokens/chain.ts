/** Where a presented refresh token stands in its family: each secret derives the one after it. */
import type { SessionRow } from "../contracts.ts";
import { equalHash } from "../crypto/equal.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { hashSecret, joinTicket } from "../crypto/ticket.ts";

/** What the row keeps of a family whose tokens are refreshed. Milliseconds. */
export interface Chain {
  /** Of each access token. */
  readonly lifetime: number;
  /** How often the refresh token was exchanged. */
  readonly generation: number;
  /** When it was last exchanged, or issued. */
  readonly rotated: number;
  /** How long after that it is good; without it as long as the family. */
  readonly idle?: number;
}

/** `unknown`: no secret of this family, as far as can be told. */
type Place =
  | { readonly kind: "current"; readonly successor: string }
  /** `null`: no configured secret gives the successor that the row has. */
  | { readonly kind: "previous"; readonly successor: string | null }
  | { readonly kind: "older" | "unknown" };

/** The id and the secret of a refresh token. */
export interface Shown {
  readonly id: string;
  readonly secret: string;
}

/** So far back is looked for the secrets of before; a made-up one costs so many hashes. */
const MOST_STEPS = 1_000;

const UNKNOWN: Place = { kind: "unknown" };

/** Finds it by hashes alone: the store has no secret, and none but the last two hashes. */
export function placeOf(shown: Shown, row: SessionRow, chain: Chain, keyring: Pick<Keyring, "deriveHashes">): Place {
  const hash = hashSecret(shown.secret);
  const next = successors(shown, keyring);
  if (equalHash(hash, row.secretHash)) return { kind: "current", successor: next[0] ?? "" };
  const isCurrent = (secret: string): boolean => equalHash(hashSecret(secret), row.secretHash);
  if (row.previousHash !== null && equalHash(hash, row.previousHash)) {
    return { kind: "previous", successor: next.find(isCurrent) ?? null };
  }
  const steps = Math.min(chain.generation, MOST_STEPS);
  for (const [key, first] of next.entries()) {
    let secret = first;
    for (let step = 1; step < steps; step++) {
      secret = successors({ id: shown.id, secret }, keyring)[key] ?? "";
      if (isCurrent(secret)) return { kind: "older" };
    }
  }
  return UNKNOWN;
}

/** By the key of each configured secret. While these change, another replica may have used another one first. */
function successors({ id, secret }: Shown, keyring: Pick<Keyring, "deriveHashes">): readonly string[] {
  return keyring.deriveHashes("refresh", joinTicket(id, secret));
}
