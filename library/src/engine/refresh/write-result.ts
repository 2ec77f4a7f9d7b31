/** Writes the result of a refresh: under its lease, with optimistic concurrency, retried until it is stored. */
import type { RecordBody, SessionRow } from "../../contracts.ts";
import { parseBody } from "../../core/record.ts";
import { chance, versionStep } from "../../crypto/entropy.ts";
import { endSessions } from "../lifecycle/end-sessions.ts";
import { sameTokens } from "../lifecycle/sealed-tokens.ts";
import type { CoordinatorOptions } from "./options.ts";

/** A lease, and the row with which it was written. */
export interface LeaseHolder {
  readonly row: SessionRow;
  readonly lease: string;
  /**
   * The result holds new tokens: as long as no lease is held and the stored tokens are those that were used, they are
   * written, however late.
   */
  readonly hasNewTokens?: boolean;
}

/** The change to the row; replayed on the fresh one after a conflict. */
export type Change = (row: SessionRow, body: RecordBody) => SessionRow;

/** `ended`: the session is over. `superseded`: the lease was taken over, so this result is obsolete. */
export type Written = { readonly kind: "stored"; readonly row: SessionRow } | { readonly kind: "ended" | "superseded" };

/**
 * Optimistic concurrency with a fence: writes the result while the lease is still ours. The session's other columns may
 * have changed meanwhile, so after a conflict it reads the row and plans again; if another process holds the lease, the
 * result is dropped. Throws what the store throws.
 * @param known the body of the row as it was leased
 */
export async function writeWithLease(
  holder: LeaseHolder,
  change: Change,
  options: Pick<CoordinatorOptions, "store" | "keyring">,
  known = parseBody(holder.row),
): Promise<Written> {
  const { store } = options;
  let { row } = holder;
  let body = known;
  for (;;) {
    const next = change(row, body);
    if (await store.put(next, row.version)) return { kind: "stored", row: next };
    const fresh = await store.get(row.id);
    if (fresh === undefined || fresh.ended !== null) return { kind: "ended" };
    if (!isWanted(holder, fresh, options)) {
      // mutant: no-fencing
      if (fresh.lease !== holder.lease) return { kind: "superseded" };
    }
    // mutant: result-on-old-row
    row = fresh;
    body = parseBody(row);
  }
}

type RetryOptions = Pick<CoordinatorOptions, "store" | "clock" | "entropy" | "announce" | "keyring">;

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;

/**
 * The same, retried with exponential backoff until the store answers: the provider has already used up the old token.
 * At the end of the process it is tried once more; `null`: the store never answered.
 */
export async function retryUntilStored(
  holder: LeaseHolder,
  change: Change,
  options: RetryOptions,
  closing: AbortSignal,
): Promise<Written | null> {
  const { clock, entropy } = options;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const last = closing.aborted;
    if (!last) await clock.sleep(pause * (0.5 + chance(entropy) / 2), closing).catch(() => undefined);
    try {
      return await retryOnce(holder, change, options);
    } catch {
      if (last) return null;
    }
  }
}

// Idempotent: the write before may have taken effect although its answer was lost; then the row holds it, and no lease.
async function retryOnce(holder: LeaseHolder, change: Change, options: RetryOptions): Promise<Written> {
  const row = await options.store.get(holder.row.id);
  if (row === undefined) return { kind: "ended" };
  const intended = change(holder.row, parseBody(holder.row));
  const { reason } = intended;
  if (row.ended !== null) {
    // Our own ending that is read back is not acknowledged, until an end is that finds nothing to do.
    // mutant: refusal-read-back
    if (reason !== null && reason === row.reason)
      await endSessions(options, { id: row.id }, reason, options.clock.now(), { rows: [holder.row] });
    return { kind: "ended" };
  }
  if (row.lease === holder.lease || isWanted(holder, row, options)) return writeWithLease({ ...holder, row }, change, options);
  if (reason !== null || !holdSame(row, intended, options)) return { kind: "superseded" };
  // What is read back is not acknowledged, and a failover may take it back: it is written once more.
  const confirmed = { ...row, version: row.version + versionStep(options.entropy) };
  // mutant: result-read-back
  return (await options.store.put(confirmed, row.version))
    ? { kind: "stored", row: confirmed }
    : retryOnce(holder, change, options);
}

// The process that took the lease over gave it back without new tokens, and the provider no longer takes the stored
// one.
function isWanted({ row, hasNewTokens }: LeaseHolder, fresh: SessionRow, options: Pick<CoordinatorOptions, "keyring">): boolean {
  return hasNewTokens === true && fresh.lease === null && holdSame(fresh, row, options);
}

// What they hold, not how it reads: an edit meanwhile may have sealed the same tokens by another secret.
function holdSame(one: SessionRow, other: SessionRow, { keyring }: Pick<CoordinatorOptions, "keyring">): boolean {
  return sameTokens(one.id, parseBody(one), parseBody(other), keyring);
}
