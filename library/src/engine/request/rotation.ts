/**
 * Rotation of a secret. Idempotent: the successor of a secret is always the same, so that a lost answer can be
 * requested again.
 */
import type { ProvenSession, RequestView, SessionRow } from "../../contracts.ts";
import { readCookies } from "../../cookie/parse.ts";
import { equalHash } from "../../crypto/equal.ts";
import type { MintedTicket } from "../../crypto/ticket.ts";
import { hashSecret, joinTicket, mintTicket, parseTicket } from "../../crypto/ticket.ts";
import type { EngineOptions } from "./options.ts";

/** A ticket, and whether its secret is the one that the row holds already. */
export interface Successor extends MintedTicket {
  readonly current?: boolean;
}

/**
 * Whether the caller proved the previous secret: directly, or because it was exchanged since. `fresh`: the row as it
 * was read after they proved it.
 */
export function showsPrevious({ row, previous }: ProvenSession, fresh: SessionRow): boolean {
  return previous || fresh.previousUntil !== row.previousUntil;
}

/**
 * What `rotate` gives the browser that presented this row's ticket. Derived, not random: the successor follows from the
 * secret and a key of ours, so that a request within the grace, or at the same moment, gets the same one, and no store
 * keeps it in the clear.
 */
export function successorOf<Data>(row: SessionRow, request: RequestView, options: EngineOptions<Data>): Successor {
  const { keyring, entropy, cookies } = options;
  const presented = secretOf(row, request, cookies.session.name);
  if (presented === null) return { ...mintTicket(entropy, row.expires), id: row.id };
  const secret = keyring.deriveHash("rotate", joinTicket(row.id, presented));
  const secretHash = hashSecret(secret);
  return { id: row.id, secret, ticket: joinTicket(row.id, secret), secretHash, current: equalHash(secretHash, row.secretHash) };
}

/** The secret in the cookie that proves this row, or proved it before the last exchange. */
function secretOf(row: SessionRow, request: RequestView, name: string): string | null {
  for (const value of readCookies(request.header("cookie"), name)) {
    const ticket = parseTicket(value);
    if (ticket === undefined || ticket.id !== row.id) continue;
    const hash = hashSecret(ticket.secret);
    if (equalHash(hash, row.secretHash)) return ticket.secret;
    if (row.previousHash !== null && equalHash(hash, row.previousHash)) return ticket.secret;
  }
  return null;
}
