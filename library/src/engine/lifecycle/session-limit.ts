/** The per-user session limit: a login past it ends the user's oldest sessions. */
import type { SessionRow } from "../../contracts.ts";
import { storeFailed } from "../../core/errors/store-failed.ts";
import { overReason } from "../../core/policy.ts";
import { endSessions } from "./end-sessions.ts";
import type { LifecycleOptions } from "./options.ts";

const MOST = 1_000;

type Options = Pick<LifecycleOptions, "store" | "clock" | "policy" | "announce" | "report">;

/**
 * After a login: ends the oldest sessions of its owner past `session.maxPerUser` (SE-11). All processes sort alike and
 * list after writing, so however many logins run at once, the same sessions stay: none ends a session that is within
 * the limit, and the last one to list ends all others. If the store fails here, the login stands; the next one ends
 * what is left.
 */
export async function enforceSessionLimit(options: Options, owner: string): Promise<void> {
  const { policy, report } = options;
  // mutant: no-cap
  if (policy.maxPerUser === null) return;
  try {
    while (await endOldest(options, owner, policy.maxPerUser));
  } catch (error) {
    storeFailed(report, "write", error);
  }
}

/** Answers whether there may be more rows than one list held. */
async function endOldest(options: Options, owner: string, most: number): Promise<boolean> {
  const { store, clock, policy } = options;
  const now = clock.now();
  const rows = await store.list({ owner }, MOST, now);
  const live = rows.filter((row) => row.kind === "browser" && overReason(row, now, policy) === null).sort(newestFirst);
  let count = 0;
  for (const row of live.slice(most)) {
    count += await endSessions(options, { id: row.id }, "replaced", now, { rows: [row] });
  }
  return rows.length === MOST && count > 0;
}

// Within a millisecond the ids decide, since stores may return those in any order.
function newestFirst(a: SessionRow, b: SessionRow): number {
  if (a.created !== b.created) return b.created - a.created;
  return a.id < b.id ? 1 : -1;
}
