/** How a ticket's secret proves a row: by its hash, and faster by a proof that remembers. */
import type { SessionRow } from "../contracts.ts";
import { equalHash } from "./equal.ts";
import { ProvenSecrets } from "./proven-secrets.ts";
import type { PresentedTicket } from "./ticket.ts";
import { hashSecret } from "./ticket.ts";

/**
 * Which secret was shown: the row's current one, the one before within its grace, or one that proved this very row a
 * short while ago.
 */
type Shown = "current" | "previous" | "recognised";

/** The columns that a proof reads. */
type ProvableRow = Pick<SessionRow, "version" | "secretHash" | "previousHash" | "previousUntil">;

/** Verifies tickets. */
export interface TicketProof {
  /** Which secret of the row the ticket shows; `null`: none. `now` in milliseconds. */
  shown(ticket: PresentedTicket, row: ProvableRow, now: number): Shown | null;
  /** The ticket's current secret was accepted for this row. */
  accepted(ticket: PresentedTicket, row: SessionRow, now: number): void;
}

/** By the SHA-256 of the secret, compared in constant time. All that is needed. */
export const hashProof: TicketProof = {
  shown({ secret }, row, now) {
    const hash = hashSecret(secret);
    if (equalHash(hash, row.secretHash)) return "current";
    // mutant: old-secret-for-ever
    if (row.previousHash !== null && now < row.previousUntil && equalHash(hash, row.previousHash)) return "previous";
    return null;
  },
  accepted: () => undefined,
};

/**
 * The same with a cache of what proved a row within the last minute, which takes a fifth of the time of the hash
 * ({@link ProvenSecrets}). It earns its place where a store hands out the same row object again.
 *
 * @param keeps whether the store will hand out this very object again
 */
export function rememberingProof(proof: TicketProof, keeps: (row: SessionRow) => boolean): TicketProof {
  const proven = new ProvenSecrets();
  return {
    shown: (ticket, row, now) => (proven.has(row, ticket, now) ? "recognised" : proof.shown(ticket, row, now)),
    accepted(ticket, row, now) {
      if (keeps(row)) proven.add(row, ticket, now);
    },
  };
}
