/** The session that a token comes of. */
import type { Clock, Identity, Report, SessionReader } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { overReason, type SessionPolicy } from "../../core/policy.ts";
import { isStorable, parseBody } from "../../core/record.ts";
import { storeCall } from "../../engine/lifecycle/store-call.ts";

/** A live session of a person. */
export interface Origin {
  readonly id: string;
  readonly owner: string;
  readonly identity: Identity;
  readonly expires: number;
  /** Its provider's name for it, and when that vouched for it, by which a logout of the provider's finds it. */
  readonly sid: string | null;
  readonly issuedAt: number | null;
}

interface OriginOptions {
  readonly store: Pick<SessionReader, "get">;
  readonly clock: Pick<Clock, "now">;
  readonly policy: SessionPolicy;
  readonly report: Report;
}

/** Reads it. Rejects with `ERR_SESSION_ENDED` if it is over, `ERR_UNAUTHENTICATED` if nobody is signed in there. */
export async function originOf({ store, clock, policy, report }: OriginOptions, id: string): Promise<Origin> {
  // A store that answers at once may throw at once, too.
  const read = async () => store.get(id);
  const row = isStorable(id) ? await storeCall(report, read(), "read") : undefined;
  if (row === undefined || row.kind !== "browser" || overReason(row, clock.now(), policy) !== null)
    throw new CoatcheckError("ERR_SESSION_ENDED");
  const { identity, issuedAt = null } = parseBody(row);
  const { owner, sid, expires } = row;
  if (identity === null || owner === null) throw new CoatcheckError("ERR_UNAUTHENTICATED");
  return { id, owner, identity, expires, sid, issuedAt };
}
