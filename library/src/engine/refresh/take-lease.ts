/** Takes the lease on a row whose tokens are due: its holder may send the refresh token, others wait. */
import type { RecordBody, SessionRow } from "../../contracts.ts";
import { overReason } from "../../core/policy.ts";
import { parseBody } from "../../core/record.ts";
import { failedRow, leased, leaseText, wasShown } from "../../core/renewal.ts";
import type { LeaseWatch } from "./lease-watch.ts";
import type { Renewal, RenewalOptions } from "./options.ts";
import type { SucceededAt, Wanted } from "./refresh-target.ts";
import { wanted } from "./refresh-target.ts";
import type { Spends } from "./refresh-with-lease.ts";
import { spend } from "./refresh-with-lease.ts";

/** The longest that `refresh` takes, if a provider does not say. */
const REFRESH_TIMEOUT = 15_000;

/** The outcome of one look at the row: a result, or look again. */
export type Look = Renewal | "again";

/** A row whose refresh token may be sent, once its lease is ours. */
export interface Found {
  readonly row: SessionRow;
  readonly body: RecordBody;
  readonly wanted: Wanted;
  readonly lease: "free" | "ran-out" | "ours";
}

export const isLook = (found: Look | Found): found is Look => typeof found === "string" || "kind" in found;

/** The session whose row is read. `rejected`: an access token that counts as run out. */
export interface Looking {
  readonly flight: { readonly id: string };
  readonly rejected: string | undefined;
  readonly watch: LeaseWatch;
}

/** Reads the row: the refresh that is due by it, or the outcome of this look. */
export async function look(
  { flight: { id }, rejected, watch }: Looking,
  options: RenewalOptions,
  succeededAt: SucceededAt,
): Promise<Look | Found> {
  const { store, clock, policy } = options;
  // mutant: wall-clock-reading
  const before = clock.monotonic();
  // The time before the read: a touch may have been written while the answer was on its way.
  const now = clock.now();
  const row = await store.get(id);
  const over = row === undefined ? "expired" : overReason(row, now, policy);
  if (row === undefined || over !== null) return { kind: "ended", reason: over ?? "expired" };
  const body = parseBody(row);
  const found = wanted(row, body, rejected, options, succeededAt);
  if (!("tokens" in found)) return found;
  const lease = watch.judge(row.lease, before);
  return lease === "stands" ? "again" : { row, body, wanted: found, lease };
}

/** Takes the lease and refreshes; `again` if another process was quicker. */
export async function take({ row, body, wanted, lease: found }: Found, watch: LeaseWatch, spends: Spends): Promise<Look> {
  const { store, entropy, report } = spends.options;
  if (found === "ours" && row.lease !== null) {
    if (!watch.inTime()) return "again";
    return spend({ row, lease: row.lease, body, ...wanted }, spends);
  }
  const timeout = wanted.provider.refreshTimeout ?? REFRESH_TIMEOUT;
  const margin = Math.max(1_000, timeout / 4);
  const name = Buffer.from(entropy.bytes(12)).toString("base64url");
  const lease = leaseText(name, { length: Math.ceil(timeout + margin), unknown: found === "ran-out" });
  if (found === "ran-out") {
    report({ name: "refresh.taken-over", level: "warn", sessionId: row.id, provider: wanted.provider.name });
  }
  if (found === "ran-out" && wasShown(row.lease, body)) return giveUp(row, body, spends.options);
  watch.asked(lease, margin);
  const next = leased(row, lease);
  // mutant: lease-unconditional
  if (!(await store.put(next, row.version))) return "again";
  // mutant: late-sender
  if (!watch.inTime()) return "again";
  return spend({ row: next, lease, body, ...wanted }, spends);
}

/** Two holders vanished, and each may have sent the token: it is not sent a third time. */
async function giveUp(row: SessionRow, body: RecordBody, { store, clock }: RenewalOptions): Promise<Look> {
  const failures = (body.renewal?.failures ?? 0) + 1;
  const lost = failedRow(row, body, { failures, until: clock.now(), unknown: true, lost: true });
  if (!(await store.put(lost, row.version))) return "again";
  return { kind: "unavailable", retryAfter: 1_000, answered: true };
}
