/** The refresh under a lease: calls the provider once, and writes the result. */
import type { Identity, Provider, ProviderTokens, RecordBody, RefreshOutcome, SessionRow } from "../../contracts.ts";
import { emptied, parseBody } from "../../core/record.ts";
import { failedRow, pauseAfter, renewAtOf, renewedRow, wasShown } from "../../core/renewal.ts";
import { chance } from "../../crypto/entropy.ts";
import { sealTokens } from "../lifecycle/sealed-tokens.ts";
import type { Renewal, RenewalOptions } from "./options.ts";
import type { Change, Committed, Holding } from "./write-result.ts";
import { commit, insist } from "./write-result.ts";

/** What the holder of a lease needs to call the provider. */
export interface Spending extends Holding {
  readonly body: RecordBody;
  readonly identity: Identity;
  readonly provider: Provider;
  readonly tokens: ProviderTokens;
}

/** The result of a refresh that the store has not taken yet. */
export interface Held {
  /** Puts the new tokens on a row, as long as our lease is on it; `null` if there are no new tokens. */
  readonly over: ((row: SessionRow) => SessionRow) | null;
  /** Resolves when the store has taken or refused it. */
  readonly settled: Promise<void>;
}

/** The coordinator, as far as a refresh under a lease needs it. */
export interface Spends {
  readonly options: RenewalOptions;
  readonly closing: AbortSignal;
  hold(id: string, held: Held): void;
  /** Many answers may arrive together: resolves when this one may go on. */
  aside(): Promise<void>;
  /** The provider succeeded. */
  succeeded(provider: string): void;
}

/** Sends the refresh token, once, and writes the result. Only the holder of the lease may call it. */
export async function spend(spending: Spending, spends: Spends): Promise<Renewal> {
  const outcome = await ask(spending);
  await spends.aside();
  switch (outcome.kind) {
    case "renewed":
      return renewed(spending, outcome, spends);
    case "refused":
      return isSecondNo(spending, outcome) ? refused(spending, outcome.cause, spends) : failed(spending, outcome, spends);
    // mutant: 5xx-ends
    case "unavailable":
    case "unknown":
      return failed(spending, outcome, spends);
  }
}

async function ask({ provider, tokens, identity }: Spending): Promise<RefreshOutcome> {
  try {
    // mutant: call-of-provider
    return await provider.refresh(tokens, identity);
  } catch (cause) {
    return { kind: "unknown", cause };
  }
}

async function renewed(
  spending: Spending,
  { tokens, claims }: Extract<RefreshOutcome, { kind: "renewed" }>,
  spends: Spends,
): Promise<Renewal> {
  const { clock, entropy, keyring, report } = spends.options;
  const { row, provider } = spending;
  // mutant: same-token-refused
  spends.succeeded(provider.name);
  // mutant: scope-of-before
  const sealed = sealTokens(tokens, row.id, keyring);
  const renewAt = renewAtOf(tokens, clock.now(), chance(entropy));
  const change: Change = (fresh, body) => renewedRow(fresh, body, { tokens, sealed, claims, renewAt });
  const about = { sessionId: row.id, provider: provider.name };
  const conclude = (committed: Committed | null): void => {
    if (committed?.kind === "stored") {
      const reason = wasUnknown(spending) ? "after-unknown" : "refreshed";
      report({ name: "refresh.completed", level: "info", reason, ...about });
      return;
    }
    report({ name: "refresh.discarded", level: "warn", reason: committed?.kind ?? "store", ...about });
    // A session that lives on has newer tokens, of the same grant perhaps: only tokens that will not be used are
    // revoked.
    // mutant: discarded-not-revoked
    if (committed?.kind === "ended") revoke(spending, tokens, spends);
  };
  // With the stored version: the next version may be another process's write by now, which must not be overwritten.
  // mutant: held-result-undoes
  const over = (stored: SessionRow): SessionRow =>
    stored.lease === spending.lease ? { ...change(stored, parseBody(stored)), version: stored.version } : stored;
  const committed = await write({ ...spending, renewed: true }, change, spends, conclude, over);
  if (committed === "held") return { kind: "renewed", row: over(row) };
  return committed.kind === "stored" ? { kind: "renewed", row: committed.row } : otherwise(spending, committed, spends);
}

function revoke({ provider }: Spending, tokens: ProviderTokens, { options }: Spends): void {
  options.background.waitUntil(provider.revoke(tokens));
}

/** A refusal of the provider ends the session; with a reason of its own if the token may have been used before. */
async function refused(spending: Spending, cause: unknown, spends: Spends): Promise<Renewal> {
  const { clock, announce, report } = spends.options;
  const { row, provider } = spending;
  const reason = wasUnknown(spending) ? "refresh-lost" : "provider";
  report({ name: "refresh.failed", level: "warn", reason: "refused", sessionId: row.id, provider: provider.name, error: cause });
  const conclude = (committed: Committed | null): void => {
    if (committed?.kind === "stored") announce({ id: row.id, reason, row });
  };
  const committed = await write(spending, (fresh) => emptied(fresh, reason, clock.now()), spends, conclude, null);
  if (committed === "held") return { kind: "unavailable", retryAfter: 1_000 };
  return committed.kind === "stored" ? { kind: "ended", reason } : otherwise(spending, committed, spends);
}

/** A doubtful refusal counts when it is repeated, or if the token may have been used already. */
function isSecondNo(spending: Spending, { doubtful }: Extract<RefreshOutcome, { kind: "refused" }>): boolean {
  return doubtful !== true || spending.body.renewal?.doubted === true || wasUnknown(spending);
}

/** The session lives on; backoff before the next attempt. */
async function failed(
  spending: Spending,
  outcome: Exclude<RefreshOutcome, { kind: "renewed" }>,
  spends: Spends,
): Promise<Renewal> {
  const { clock, entropy, report } = spends.options;
  const { row, body, provider } = spending;
  const failures = (body.renewal?.failures ?? 0) + 1;
  const retryAfter = outcome.kind === "unavailable" ? outcome.retryAfter : null;
  const pause = pauseAfter(failures, retryAfter, chance(entropy));
  const unknown = outcome.kind === "unknown" || wasUnknown(spending);
  const answered = outcome.kind === "refused" || outcome.answered === true;
  const doubted = outcome.kind === "refused" || body.renewal?.doubted === true;
  const lost = outcome.kind === "unknown" && wasUnknown(spending);
  const own = retryAfter === null ? { failed: clock.now() } : {};
  const flags = { ...(doubted ? { doubted } : {}), ...(answered ? { answered } : {}), ...(lost ? { lost } : {}) };
  const renewal = { failures, until: clock.now() + pause, unknown, ...own, ...flags };
  const { cause: error } = outcome;
  const reason = outcome.kind === "refused" ? "doubtful" : lost ? "lost" : outcome.kind;
  // A provider that answers without tokens is configured wrongly, here or there; one that does not answer comes back.
  const level = outcome.kind === "unavailable" && answered ? "error" : "warn";
  report({ name: "refresh.failed", level, reason, sessionId: row.id, provider: provider.name, count: failures, error });
  const nothing = (): void => undefined;
  const committed = await write(spending, (fresh, known) => failedRow(fresh, known, renewal), spends, nothing, null);
  return committed === "held" || committed.kind !== "ended"
    ? { kind: "unavailable", retryAfter: pause, answered: answered || lost }
    : otherwise(spending, committed, spends);
}

const wasUnknown = ({ lease, body }: Spending): boolean => wasShown(lease, body);

/**
 * Writes at once if the store takes it; else answers `held`, and retries until it is stored. `conclude` is called in
 * both cases.
 */
async function write(
  holding: Holding & Pick<Spending, "body">,
  change: Change,
  spends: Spends,
  conclude: (committed: Committed | null) => void,
  over: Held["over"],
): Promise<Committed | "held"> {
  const { options, closing } = spends;
  try {
    const committed = await commit(holding, change, options, holding.body);
    conclude(committed);
    return committed;
  } catch (error) {
    const { id } = holding.row;
    options.report({ name: "refresh.held", level: "error", reason: "write", sessionId: id, error });
    // mutant: held-result-dropped
    const settled = insist(holding, change, options, closing).then(conclude);
    spends.hold(id, { over, settled });
    options.background.waitUntil(settled);
    return "held";
  }
}

// The session was ended, or the lease taken over: the row as it is now counts.
async function otherwise({ row }: Spending, _: Committed, { options }: Spends): Promise<Renewal> {
  const fresh = await options.store.get(row.id);
  if (fresh === undefined) return { kind: "ended", reason: "expired" };
  if (fresh.ended !== null) return { kind: "ended", reason: fresh.reason ?? "logout" };
  const live = fresh.tokenExpires !== null && options.clock.now() < fresh.tokenExpires;
  return live ? { kind: "renewed", row: fresh } : { kind: "unavailable", retryAfter: 1_000 };
}
