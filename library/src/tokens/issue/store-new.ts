/** Stores new tokens, so that no ending misses one. */
import type { EndReason, SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { endSessions } from "../../engine/lifecycle/end-sessions.ts";
import { loginOverruled, readOwnerMarker } from "../../engine/lifecycle/markers.ts";
import type { LifecycleOptions } from "../../engine/lifecycle/options.ts";
import { storeCall } from "../../engine/lifecycle/store-call.ts";
import type { UnfinishedEndings } from "../../engine/lifecycle/unfinished-endings.ts";
import { type Family, kindOf } from "../family-row.ts";
import type { Origin } from "./origin.ts";

export interface StoringOptions extends LifecycleOptions {
  /** Retries endings that failed. */
  readonly unfinished: Pick<UnfinishedEndings, "end">;
}

/**
 * Stores it. Like a login, it writes first and looks for logouts second. Rejects with `ERR_SESSION_ENDED` if one came
 * in between: of all that the owner has, or of the session that this came of.
 */
export async function storeNew(
  options: StoringOptions,
  row: SessionRow,
  family: Family,
  origin: Pick<Origin, "sid" | "issuedAt"> = { sid: null, issuedAt: null },
): Promise<void> {
  const { report } = options;
  const { owner } = family;
  if ((await storeCall(report, stored(options, row, family, origin))) !== null) throw new CoatcheckError("ERR_SESSION_ENDED");
  report({ name: "token.issued", level: "info", reason: kindOf(family), sessionId: row.id, owner });
}

/** Answers why the token has ended already, or `null`. */
async function stored(
  options: StoringOptions,
  row: SessionRow,
  { identity, owner }: Family,
  { sid, issuedAt }: Pick<Origin, "sid" | "issuedAt">,
): Promise<EndReason | null> {
  const { store, unfinished } = options;
  const { id, created: now } = row;
  const before = await readOwnerMarker(store, owner, now);
  try {
    if (!(await store.put(row, "absent"))) return "replaced";
    // mutant: issue-overtaken
    const overruled = await loginOverruled(store, { identity, owner, sid, issuedAt }, before, now);
    if (overruled !== null) await endSessions(options, { id }, overruled, now, { rows: [row] });
    return overruled;
  } catch (error) {
    // It may have been written: nobody has its token, and nobody shall see it in a list.
    unfinished.end({ id, reason: "replaced" });
    throw error;
  }
}
