/**
 * Ends sessions in the store, and announces it. Whoever ends one by a conditional write of its row (a refresh, an
 * unfinished ending, a login that replaces one) announces it by the same `Announce`.
 */
import type { EndReason, EndTarget, SessionRow, SessionStore } from "../../contracts.ts";
import type { Announce } from "./announce.ts";

interface Ending {
  readonly store: Pick<SessionStore, "end">;
  readonly announce: Announce;
}

/** What is known of the sessions that end. */
interface Known {
  /** Their rows as they were read before: an ended row says no more whose it was, and its tokens are gone. */
  readonly rows: readonly SessionRow[];
  readonly grantLivesOn?: boolean;
}

/**
 * Ends what `target` names. Announces each session that this call has ended; those that were over already were
 * announced before. Answers how many it ended. Throws what the store throws.
 */
export async function endSessions(
  { store, announce }: Ending,
  target: EndTarget,
  reason: EndReason,
  now: number,
  { rows, ...about }: Known,
): Promise<number> {
  const ended = await store.end(target, reason, now);
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const id of ended) announce({ ...target, id, reason, row: known.get(id), ...about });
  return ended.length;
}
