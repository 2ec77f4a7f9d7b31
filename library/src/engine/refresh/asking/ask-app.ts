/**
 * Asks the app about a session whose tokens were refreshed: under a lease of its own, so once for all replicas. The
 * tokens are stored before, so that no failure of the app's costs them.
 */
import type { AppAnswer, EndReason, RecordBody, SessionRow } from "../../../contracts.ts";
import { CoatcheckError } from "../../../core/errors.ts";
import { emptied, parseBody } from "../../../core/record.ts";
import { backoff, leased, leaseText, renewAtOf } from "../../../core/refresh.ts";
import { admittedRow, providersIdentity, unansweredRow } from "../../../core/rows/asked-rows.ts";
import { chance, versionStep } from "../../../crypto/entropy.ts";
import { openTokens } from "../../lifecycle/sealed-tokens.ts";
import type { LeaseWatch } from "../lease-watch.ts";
import type { CoordinatorOptions } from "../options.ts";
import type { DueRow, RefreshTarget } from "../refresh-target.ts";
import type { Look } from "../single-flight.ts";
import { writeWithLease } from "../write-result.ts";

/** How long the app may take to answer, milliseconds; it stands in `askApp` too. */
const PATIENCE = 5_000;
const MARGIN = 1_500;
/** Requests wait for the app, so it is asked again sooner than a provider. */
const LONGEST_PAUSE = 5_000;

/** A row that is leased for the question. */
interface LeasedQuestion {
  readonly row: SessionRow;
  readonly lease: string;
  readonly body: RecordBody;
  readonly target: RefreshTarget;
}

/** After a refresh: the question, unless somebody has asked it. */
export function thenAsk(
  result: Look,
  { provider }: Pick<RefreshTarget, "provider">,
  watch: LeaseWatch,
  options: CoordinatorOptions,
): Look | Promise<Look> {
  if (result === "again" || result.kind !== "refreshed") return result;
  const { row } = result;
  const body = parseBody(row);
  const { asking, identity } = body;
  if (asking === undefined) return result;
  const tokens = openTokens(row, body, options.keyring);
  if (row.lease !== null || tokens === null || identity === null) return "again";
  return askWithLease({ row, body, target: { provider, tokens, identity, asking }, lease: "free" }, watch, options);
}

/** Takes the lease, and asks; `again` if another process was quicker. */
export async function askWithLease(due: DueRow, watch: LeaseWatch, options: CoordinatorOptions): Promise<Look> {
  const { store, entropy } = options;
  const { row, body, target } = due;
  const own = due.lease === "ours" ? row.lease : null;
  const name = Buffer.from(entropy.bytes(12)).toString("base64url");
  const lease = own ?? leaseText(name, { length: PATIENCE + MARGIN, unknown: false });
  if (own === null) watch.asked(lease, MARGIN);
  const next = leased(row, lease, versionStep(entropy));
  if (!(await store.put(next, row.version)) || !watch.inTime()) return "again";
  return ask({ row: next, lease, body, target }, options);
}

async function ask(leasedRow: LeasedQuestion, options: CoordinatorOptions): Promise<Look> {
  const { row, target, body } = leasedRow;
  const { provider, tokens } = target;
  const { onRefresh } = options;
  const owner = row.owner ?? "";
  if (onRefresh === undefined) return "again";
  const identity = providersIdentity(target.identity, body);
  const answer = await onRefresh({ identity, tokens, provider: provider.name, owner, sessionId: row.id });
  switch (answer.kind) {
    case "admitted":
      return answer.as.owner === owner ? onAdmitted(leasedRow, answer, options) : onEnded(leasedRow, "identity-changed", options);
    case "blocked":
    case "unknown":
      return onTurnedAway(leasedRow, answer.kind, options);
    case "failed":
      return onFailed(leasedRow, answer, options);
  }
}

async function onAdmitted(
  asked: LeasedQuestion,
  { as: { added } }: Extract<AppAnswer, { kind: "admitted" }>,
  options: CoordinatorOptions,
): Promise<Look> {
  const { clock, entropy } = options;
  const { tokens } = asked.target;
  const renewAt = renewAtOf(tokens, clock.now(), chance(entropy));
  const written = await writeWithLease(
    asked,
    (fresh, body) => admittedRow(fresh, body, { tokens, added, renewAt, step: versionStep(entropy) }),
    options,
    asked.body,
  );
  return written.kind === "stored" ? { kind: "refreshed", row: written.row } : "again";
}

/** Blocked since, or unknown by now: as an operator would end it. */
async function onTurnedAway(asked: LeasedQuestion, reason: "blocked" | "unknown", options: CoordinatorOptions): Promise<Look> {
  const { id: sessionId, owner } = asked.row;
  const ended = await onEnded(asked, "admin", options);
  if (ended === "again") return ended;
  const { name: provider } = asked.target.provider;
  options.report({
    name: "session.refused",
    level: "warn",
    reason,
    code: "ERR_FORBIDDEN",
    owner: owner ?? "",
    sessionId,
    provider,
  });
  return ended;
}

async function onEnded(asked: LeasedQuestion, reason: EndReason, options: CoordinatorOptions): Promise<Look> {
  const { row } = asked;
  const written = await writeWithLease(asked, (fresh) => emptied(fresh, reason, options.clock.now()), options, asked.body);
  if (written.kind !== "stored") return "again";
  options.announce({ id: row.id, reason, row });
  return { kind: "ended", reason };
}

/** The session lives on, with what the provider gave; requests hear of the app's failure until it answers. */
async function onFailed(
  asked: LeasedQuestion,
  { code, cause }: Extract<AppAnswer, { kind: "failed" }>,
  options: CoordinatorOptions,
): Promise<Look> {
  const { clock, entropy, report } = options;
  const { row, body, target } = asked;
  const failures = (body.renewal?.failures ?? 0) + 1;
  const about = { sessionId: row.id, provider: target.provider.name, count: failures };
  report({ name: "refresh.failed", level: "error", reason: "app", code, ...about, error: cause });
  const until = clock.now() + Math.min(backoff(failures, null, chance(entropy)), LONGEST_PAUSE);
  const written = await writeWithLease(
    asked,
    (fresh, known) => unansweredRow(fresh, known, { failures, until, app: code }, versionStep(entropy)),
    options,
    body,
  );
  return written.kind === "stored" ? { kind: "failed", cause: new CoatcheckError(code, { cause }) } : "again";
}
