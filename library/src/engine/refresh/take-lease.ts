/** Takes the lease on a row whose tokens are due: its holder may send the refresh token, others wait. */
import type { RecordBody, SessionRow } from "../../contracts.ts";
import { overReason } from "../../core/policy.ts";
import { parseBody } from "../../core/record.ts";
import { failedRow, leased, leaseText, mayHaveBeenSent } from "../../core/refresh.ts";
import { versionStep } from "../../crypto/entropy.ts";
import { askWithLease, thenAsk } from "./asking/ask-app.ts";
import type { LeaseWatch } from "./lease-watch.ts";
import type { CoordinatorOptions } from "./options.ts";
import type { DueRow, SucceededAt } from "./refresh-target.ts";
import { refreshTarget } from "./refresh-target.ts";
import type { RefreshContext } from "./refresh-with-lease.ts";
import { refreshWithLease } from "./refresh-with-lease.ts";
import type { Look } from "./single-flight.ts";

/** The longest that `refresh` takes, if a provider does not say. */
const REFRESH_TIMEOUT = 15_000;

export const isLook = (found: Look | DueRow): found is Look => typeof found === "string" || "kind" in found;

/** The session whose row is read. `rejected`: an access token that counts as run out. */
interface Looking {
  readonly flight: { readonly id: string };
  readonly rejected: string | undefined;
  readonly watch: LeaseWatch;
}

/** Reads the row: the refresh that is due by it, or the outcome of this look. */
export async function look(
  { flight: { id }, rejected, watch }: Looking,
  options: CoordinatorOptions,
  succeededAt: SucceededAt,
): Promise<Look | DueRow> {
  const { store, clock, policy } = options;
  // mutant: wall-clock-reading
  const before = clock.monotonic();
  // The time before the read: a touch may have been written while the answer was on its way.
  const now = clock.now();
  const row = await store.get(id);
  const over = row === undefined ? "expired" : overReason(row, now, policy);
  if (row === undefined || over !== null) return { kind: "ended", reason: over ?? "expired" };
  const body = parseBody(row);
  const target = refreshTarget(row, body, rejected, options, succeededAt);
  if (!("tokens" in target)) return target;
  const lease = watch.judge(row.lease, before);
  return lease === "stands" ? "again" : { row, body, target, lease };
}

/** Takes the lease and refreshes, and asks the app where it has a say; `again` if another process was quicker. */
export async function takeLease(due: DueRow, watch: LeaseWatch, context: RefreshContext): Promise<Look> {
  const { options } = context;
  if (due.target.asking !== undefined) return askWithLease(due, watch, options);
  const result = await refreshUnderLease(due, watch, context);
  return options.onRefresh === undefined ? result : thenAsk(result, due.target, watch, options);
}

async function refreshUnderLease(
  { row, body, target, lease: found }: DueRow,
  watch: LeaseWatch,
  context: RefreshContext,
): Promise<Look> {
  const { store, entropy, report } = context.options;
  if (found === "ours" && row.lease !== null) {
    // The store did not acknowledge it, so a failover may take it back: it is written once more before it is used.
    const confirmed = leased(row, row.lease, versionStep(entropy));
    // mutant: lease-read-back
    if (!(await store.put(confirmed, row.version)) || !watch.inTime()) return "again";
    return refreshWithLease({ row: confirmed, lease: row.lease, body, ...target }, context);
  }
  const timeout = target.provider.refreshTimeout ?? REFRESH_TIMEOUT;
  const margin = Math.max(1_000, timeout / 4);
  const name = Buffer.from(entropy.bytes(12)).toString("base64url");
  const lease = leaseText(name, { length: Math.ceil(timeout + margin), unknown: found === "ran-out" });
  if (found === "ran-out") {
    report({ name: "refresh.taken-over", level: "warn", sessionId: row.id, provider: target.provider.name });
  }
  if (found === "ran-out" && mayHaveBeenSent(row.lease, body)) return giveUp(row, body, context.options);
  watch.asked(lease, margin);
  const next = leased(row, lease, versionStep(entropy));
  // mutant: lease-unconditional
  if (!(await store.put(next, row.version))) return "again";
  // mutant: late-sender
  if (!watch.inTime()) return "again";
  return refreshWithLease({ row: next, lease, body, ...target }, context);
}

/** Two holders vanished, and each may have sent the token: it is not sent a third time. */
async function giveUp(row: SessionRow, body: RecordBody, { store, clock, entropy }: CoordinatorOptions): Promise<Look> {
  const failures = (body.renewal?.failures ?? 0) + 1;
  const renewal = { failures, until: clock.now(), unknown: true, lost: true } as const;
  const lost = failedRow(row, body, renewal, versionStep(entropy));
  if (!(await store.put(lost, row.version))) return "again";
  return { kind: "unavailable", retryAfter: 1_000, answered: true };
}
