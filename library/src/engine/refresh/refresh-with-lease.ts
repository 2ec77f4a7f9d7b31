/** The refresh under a lease: calls the provider once, and writes the result. */
import type {
  Clock,
  Identity,
  Provider,
  ProviderTokens,
  RecordBody,
  RefreshOutcome,
  SessionRow,
  TokenTarget,
} from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { emptied, parseBody } from "../../core/record.ts";
import { backoff, failedRow, mayHaveBeenSent, refreshedRow, renewAtOf } from "../../core/refresh.ts";
import { keepingApis } from "../../core/rows/api-tokens.ts";
import { unaskedRow } from "../../core/rows/asked-rows.ts";
import { chance, versionStep } from "../../crypto/entropy.ts";
import { resealTokens, sealTokens } from "../lifecycle/sealed-tokens.ts";
import { type Denied, onDenied, tokenForApi } from "./apis/denied.ts";
import type { CoordinatorOptions, SessionAfterRefresh } from "./options.ts";
import type { FlightResult } from "./single-flight.ts";
import type { Change, LeaseHolder, Written } from "./write-result.ts";
import { retryUntilStored, writeWithLease } from "./write-result.ts";

/** What the holder of a lease needs to call the provider. */
interface LeasedRefresh extends LeaseHolder {
  readonly body: RecordBody;
  readonly identity: Identity;
  readonly provider: Provider;
  readonly tokens: ProviderTokens;
  /** A token for this API is wanted. */
  readonly wanted?: TokenTarget;
}

/** The result of a refresh that the store has not taken yet. */
export interface UnstoredResult {
  /** Puts the new tokens on a row, as long as our lease is on it; `null` if there are no new tokens. */
  readonly applyTo: ((row: SessionRow) => SessionRow) | null;
  /** Resolves when the store has taken or refused it. */
  readonly settled: Promise<void>;
}

/** The coordinator, as far as a refresh under a lease needs it. */
export interface RefreshContext {
  readonly options: CoordinatorOptions;
  readonly closing: AbortSignal;
  keepUnstored(id: string, held: UnstoredResult): void;
  /** Many answers may arrive together: resolves when this one may go on. */
  yieldOnce(): Promise<void>;
  /** The provider succeeded. */
  succeeded(provider: string): void;
}

/** Sends the refresh token, once, and writes the result. Only the holder of the lease may call it. */
export async function refreshWithLease(leased: LeasedRefresh, context: RefreshContext): Promise<FlightResult> {
  const outcome = await callProvider(leased, context.options.clock);
  await context.yieldOnce();
  switch (outcome.kind) {
    case "denied":
      return onDenied(leased, outcome, context.options);
    case "refreshed":
      return onRefreshed(leased, outcome, context);
    case "refused":
      return isFinalRefusal(leased, outcome) ? onRefused(leased, outcome.cause, context) : onFailed(leased, outcome, context);
    // mutant: 5xx-ends
    case "unavailable":
    case "unknown":
      return onFailed(leased, outcome, context);
  }
}

const KINDS: { readonly [kind in RefreshOutcome["kind"]]: true } = {
  refreshed: true,
  refused: true,
  unavailable: true,
  unknown: true,
};

/** A provider of the app's may answer anything; an outcome that does not exist must not leave the lease standing. */
function known(outcome: RefreshOutcome, name: string): RefreshOutcome {
  if (Object.hasOwn(KINDS, outcome.kind)) return outcome;
  throw new TypeError(`the provider ${name} answered a refresh by the kind ${outcome.kind}, which does not exist`);
}

async function callProvider(leased: LeasedRefresh, clock: Pick<Clock, "now">): Promise<RefreshOutcome | Denied> {
  const { provider, tokens, identity, wanted } = leased;
  try {
    if (wanted !== undefined) return await tokenForApi(provider, tokens, wanted, clock);
    // mutant: call-of-provider
    return known(await provider.refresh(tokens, identity), provider.name);
  } catch (cause) {
    return { kind: "unknown", cause };
  }
}

async function onRefreshed(
  leased: LeasedRefresh,
  { tokens: given, claims }: Extract<RefreshOutcome, { kind: "refreshed" }>,
  context: RefreshContext,
): Promise<SessionAfterRefresh> {
  const { clock, entropy, keyring, report, onRefresh } = context.options;
  const { row, provider, wanted } = leased;
  const asks = onRefresh !== undefined && wanted === undefined;
  const tokens = wanted === undefined ? keepingApis(given, leased.tokens, clock.now()) : given;
  // mutant: same-token-refused
  context.succeeded(provider.name);
  // mutant: scope-of-before
  const sealed = sealTokens(tokens, row.id, keyring);
  const renewAt = wanted === undefined ? renewAtOf(tokens, clock.now(), chance(entropy)) : row.renewAt;
  const now = clock.now();
  const change: Change = (fresh, body) => {
    const step = versionStep(entropy);
    if (asks) return unaskedRow(fresh, body, { sealed, claims, now, step });
    return refreshedRow(fresh, body, { tokens, sealed, claims, renewAt, step });
  };
  const about = { sessionId: row.id, provider: provider.name };
  const conclude = (written: Written | null): void => {
    if (written?.kind === "stored") {
      const reason = wanted !== undefined ? "api" : maybeSentBefore(leased) ? "after-unknown" : "refreshed";
      report({ name: "refresh.completed", level: "info", reason, ...about });
      return;
    }
    report({ name: "refresh.discarded", level: "warn", reason: written?.kind ?? "store", ...about });
    // A session that lives on has newer tokens, of the same grant perhaps: only tokens that will not be used are
    // revoked.
    // mutant: discarded-not-revoked
    if (written?.kind === "ended") revoke(leased, tokens, context);
  };
  // With the stored version: the next version may be another process's write by now, which must not be overwritten.
  // mutant: held-result-undoes
  const applyTo = (stored: SessionRow): SessionRow =>
    stored.lease === leased.lease ? { ...change(stored, parseBody(stored)), version: stored.version } : stored;
  const written = await write({ ...leased, hasNewTokens: true }, change, context, conclude, applyTo);
  // The app is asked about what is stored.
  if (written === "held" && asks) return { kind: "unavailable", retryAfter: 1_000 };
  if (written === "held") return { kind: "refreshed", row: applyTo(row) };
  return written.kind === "stored" ? { kind: "refreshed", row: written.row } : resultOfRow(leased, written, context);
}

function revoke({ provider }: LeasedRefresh, tokens: ProviderTokens, { options }: RefreshContext): void {
  options.background.waitUntil(provider.revoke(tokens));
}

/** A refusal of the provider ends the session; with a reason of its own if the token may have been used before. */
async function onRefused(leased: LeasedRefresh, cause: unknown, context: RefreshContext): Promise<SessionAfterRefresh> {
  const { clock, announce, report } = context.options;
  const { row, provider } = leased;
  const reason = maybeSentBefore(leased) ? "refresh-lost" : "provider";
  report({ name: "refresh.failed", level: "warn", reason: "refused", sessionId: row.id, provider: provider.name, error: cause });
  const conclude = (written: Written | null): void => {
    if (written?.kind === "stored") announce({ id: row.id, reason, row });
  };
  const written = await write(leased, (fresh) => emptied(fresh, reason, clock.now()), context, conclude, null);
  if (written === "held") return { kind: "unavailable", retryAfter: 1_000 };
  return written.kind === "stored" ? { kind: "ended", reason } : resultOfRow(leased, written, context);
}

/** A doubtful refusal counts when it is repeated, or if the token may have been used already. */
function isFinalRefusal(leased: LeasedRefresh, { doubtful }: Extract<RefreshOutcome, { kind: "refused" }>): boolean {
  return doubtful !== true || leased.body.renewal?.doubted === true || maybeSentBefore(leased);
}

/** The session lives on; backoff before the next attempt. */
async function onFailed(
  leased: LeasedRefresh,
  outcome: Exclude<RefreshOutcome, { kind: "refreshed" }>,
  context: RefreshContext,
): Promise<SessionAfterRefresh> {
  const { clock, entropy, keyring, report } = context.options;
  const { row, body, provider } = leased;
  const failures = (body.renewal?.failures ?? 0) + 1;
  const retryAfter = outcome.kind === "unavailable" ? outcome.retryAfter : null;
  const pause = backoff(failures, retryAfter, chance(entropy));
  const unknown = outcome.kind === "unknown" || maybeSentBefore(leased);
  const answered = outcome.kind === "refused" || outcome.answered === true;
  const doubted = outcome.kind === "refused" || body.renewal?.doubted === true;
  const lost = outcome.kind === "unknown" && maybeSentBefore(leased);
  const renewal = omitUndefined({
    failures,
    until: clock.now() + pause,
    unknown,
    failed: retryAfter === null ? clock.now() : undefined,
    doubted: doubted || undefined,
    answered: answered || undefined,
    lost: lost || undefined,
  });
  const { cause: error } = outcome;
  const reason = outcome.kind === "refused" ? "doubtful" : lost ? "lost" : outcome.kind;
  // A provider that answers without tokens is configured wrongly, here or there; one that does not answer comes back.
  const level = outcome.kind === "unavailable" && answered ? "error" : "warn";
  report({ name: "refresh.failed", level, reason, sessionId: row.id, provider: provider.name, count: failures, error });
  const nothing = (): void => undefined;
  const change: Change = (fresh, known) => {
    const tokens = resealTokens(fresh.id, known, keyring) ?? known.tokens;
    return failedRow(fresh, { ...known, tokens }, renewal, versionStep(entropy));
  };
  const written = await write(leased, change, context, nothing, null);
  return written === "held" || written.kind !== "ended"
    ? { kind: "unavailable", retryAfter: pause, answered: answered || lost }
    : resultOfRow(leased, written, context);
}

const maybeSentBefore = ({ lease, body }: LeasedRefresh): boolean => mayHaveBeenSent(lease, body);

/**
 * Writes at once if the store takes it; else answers `held`, and retries until it is stored. `conclude` is called in
 * both cases.
 */
async function write(
  holder: LeaseHolder & Pick<LeasedRefresh, "body">,
  change: Change,
  context: RefreshContext,
  conclude: (written: Written | null) => void,
  applyTo: UnstoredResult["applyTo"],
): Promise<Written | "held"> {
  const { options, closing } = context;
  try {
    const written = await writeWithLease(holder, change, options, holder.body);
    conclude(written);
    return written;
  } catch (error) {
    const { id } = holder.row;
    options.report({ name: "refresh.held", level: "error", reason: "write", sessionId: id, error });
    // mutant: held-result-dropped
    const settled = retryUntilStored(holder, change, options, closing).then(conclude);
    context.keepUnstored(id, { applyTo, settled });
    options.background.waitUntil(settled);
    return "held";
  }
}

// The session was ended, or the lease taken over: the row as it is now counts.
async function resultOfRow({ row }: LeasedRefresh, _: Written, { options }: RefreshContext): Promise<SessionAfterRefresh> {
  const fresh = await options.store.get(row.id);
  if (fresh === undefined) return { kind: "ended", reason: "expired" };
  if (fresh.ended !== null) return { kind: "ended", reason: fresh.reason ?? "logout" };
  const live = fresh.tokenExpires !== null && options.clock.now() < fresh.tokenExpires;
  return live ? { kind: "refreshed", row: fresh } : { kind: "unavailable", retryAfter: 1_000 };
}
