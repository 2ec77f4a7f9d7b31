/** Looks tokens up with all that they hang on, at once or at most every so often. */
import type { Clock, Report, SessionReader, SessionRow } from "../../contracts.ts";
import { storeFailed } from "../../core/errors/store-failed.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { overReason, type SessionPolicy } from "../../core/policy.ts";
import { parseBody } from "../../core/record.ts";
import { BoundedCache } from "../../oidc/http/bounded-cache.ts";
import { type Family, familyOf } from "../family-row.ts";

/** A live token. */
export interface Found {
  readonly row: SessionRow;
  readonly family: Family;
  /** Whether the store was asked just now. */
  readonly fresh: boolean;
}

export type LookUp = (id: string) => Promise<Found | null>;

interface LookUpOptions {
  readonly store: Pick<SessionReader, "get">;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly policy: SessionPolicy;
  readonly report: Report;
}

/** Tokens that one process remembers at most. */
const MOST = 10_000;

/**
 * Finds a token that lives, and whose session does, if it hangs on one. So an agent's is over at the same moment as the
 * session, however that ended: nothing has to be written first. What the store does not answer rejects with
 * `ERR_STORE_UNAVAILABLE`.
 */
export function tokenLookUp({ store, clock, policy, report }: LookUpOptions): LookUp {
  async function read(id: string): Promise<SessionRow | undefined> {
    try {
      return await store.get(id);
    } catch (cause) {
      throw new CoatcheckError(storeFailed(report, "read", cause), { cause });
    }
  }

  return async (id) => {
    const row = await read(id);
    const family = familyOf(row, clock.now());
    if (row === undefined || family === null) return null;
    if (family.parent === null) return { row, family, fresh: true };
    const identity = personOf(await read(family.parent), row.owner, clock.now(), policy);
    // Who they are now, not who they were when the agent began.
    return identity === null ? null : { row, family: { ...family, identity }, fresh: true };
  };
}

/** Whose session this is, while it lives. */
function personOf(session: SessionRow | undefined, owner: string | null, now: number, policy: SessionPolicy) {
  if (session === undefined || session.kind !== "browser" || session.owner !== owner) return null;
  return overReason(session, now, policy) === null ? parseBody(session).identity : null;
}

/**
 * The same, with what was found remembered for `within` milliseconds from when it was asked for, so that what was
 * revoked is refused at most that much later. What was not found is never remembered.
 */
export function rememberingLookUp(lookUp: LookUp, within: number, clock: Clock): LookUp {
  const known = new BoundedCache<Found>(MOST, clock);
  return async (id) => {
    const kept = known.get(id);
    if (kept !== undefined) return clock.now() < kept.row.expires ? { ...kept, fresh: false } : null;
    const asked = clock.monotonic();
    const found = await lookUp(id);
    if (found !== null) known.set(id, found, within - (clock.monotonic() - asked));
    return found;
  };
}
