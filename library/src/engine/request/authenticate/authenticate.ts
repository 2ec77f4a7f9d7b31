/** Authenticates a request: explicit credentials, then a proxy's user, then the session. */
import type {
  DeadTicket,
  EndReason,
  Identity,
  MaybePromise,
  ProvenSession,
  ProxyReader,
  ProxyVerdict,
  Report,
  RequestView,
  Strategy,
  StrategyContext,
  Verdict,
} from "../../../contracts.ts";
import { hookFailure } from "../../../core/errors/hook-failure.ts";
import { storeFailed } from "../../../core/errors/store-failed.ts";
import { CoatcheckError } from "../../../core/errors.ts";
import { andThen } from "../../../core/maybe.ts";
import { omitUndefined } from "../../../core/options/omit-undefined.ts";
import type { Presented, Reconciled } from "../../../core/reconcile.ts";
import { reconcile, reconcileAbsent, reconcileUnusable } from "../../../core/reconcile.ts";
import { ownerOf, parseBody } from "../../../core/record.ts";
import { within } from "../../../time/within.ts";
import type { Found, Resolved, Resolver } from "./resolver.ts";

/** The strategies that authenticate a request, in their order (docs/design.md §3). */
export interface Chain {
  /** Credentials that a client presents on purpose: the first that is presented decides. */
  readonly explicit: readonly Strategy[];
  /** A proxy that asserts users, and the app's look-up of them. */
  readonly proxy: { readonly reader: ProxyReader; readonly resolver: Resolver } | null;
  readonly session: Strategy;
}

/** The user whom a proxy asserts, and as whom this request is served. */
export interface Asserted {
  readonly identity: Identity;
  readonly owner: string;
}

/** The authenticated request: a verdict, and what has to happen before it counts. */
export interface Authenticated {
  readonly verdict: Verdict;
  /** The name of the strategy that gave it. */
  readonly by: string | null;
  readonly asserted?: Asserted;
  /** An anonymous session beside an asserted user: its data become theirs when something is stored. */
  readonly anonymous?: ProvenSession;
  /**
   * The presented ticket proves nothing, or will not once this request counts. Beside a proxy's user the verdict cannot
   * say so.
   */
  readonly dead?: DeadTicket;
  /** A session that is over before the handler runs. */
  readonly ending?: { readonly session: ProvenSession; readonly reason: EndReason };
  /** An unknown user whom the app registers before the handler runs. */
  readonly registering?: Identity;
}

const ABSTAIN: Verdict = { kind: "abstain" };
const NOT_TAKEN: Verdict = { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL" };

/** Authenticates the caller. An error of a strategy is an outage, never an absence. */
export function authenticate(chain: Chain, context: StrategyContext): MaybePromise<Authenticated> {
  return chain.explicit.length > 0 || chain.proxy !== null ? authenticateAll(chain, context) : bySession(chain.session, context);
}

/** The same by what the store itself says, past what it keeps for a while. */
export function authenticateExactly(chain: Chain, context: StrategyContext): MaybePromise<Authenticated> {
  const { store } = context;
  const exact = { get: store.get.bind(store), marked: store.marked.bind(store) };
  return authenticate(chain, { ...context, store: exact });
}

function authenticateAll(chain: Chain, context: StrategyContext): MaybePromise<Authenticated> {
  for (const strategy of chain.explicit) {
    if (isPresented(strategy, context)) {
      return andThen(limited(ask(strategy, context, failure), strategy, context), decided, strategy);
    }
  }
  if (chain.proxy !== null) return byProxy(chain.proxy, chain.session, context);
  return bySession(chain.session, context);
}

// If a strategy throws here, its credential counts as presented, and the examination fails closed.
function isPresented(strategy: Strategy, { request }: StrategyContext): boolean {
  try {
    return strategy.presented(request);
  } catch {
    return true;
  }
}

/** A presented credential that is not valid is refused: it never falls through to a weaker one (S-03, TP-05). */
function decided(verdict: Verdict, { name: by }: Strategy): Authenticated {
  return { verdict: verdict.kind === "abstain" ? NOT_TAKEN : verdict, by };
}

/** The time limit of a strategy, after which its silence is an outage. Our own have shorter limits. */
const PATIENCE = 30_000;

function limited(verdict: MaybePromise<Verdict>, strategy: Strategy, { clock, report }: StrategyContext): MaybePromise<Verdict> {
  if (!(verdict instanceof Promise)) return verdict;
  return within(clock, PATIENCE, verdict, () => {
    const message = `the strategy ${strategy.name} did not answer in time`;
    return failure(strategy, new CoatcheckError("ERR_STORE_UNAVAILABLE", { message }), report);
  });
}

/** The usual case, without a closure if the store answers at once. */
function bySession(session: Strategy, context: StrategyContext): MaybePromise<Authenticated> {
  const { name } = session;
  const verdict = ask(session, context);
  return verdict instanceof Promise
    ? verdict.then((found) => ({ verdict: found, by: found.kind === "abstain" ? null : name }))
    : { verdict, by: verdict.kind === "abstain" ? null : name };
}

function byProxy(
  { reader, resolver }: NonNullable<Chain["proxy"]>,
  session: Strategy,
  context: StrategyContext,
): MaybePromise<Authenticated> {
  return andThen(read(reader, context), (asserted) => {
    const unusable = reconcileUnusable(asserted);
    if (asserted.kind === "malformed") {
      const hint = reader.hint?.(asserted.reason);
      const { reason } = asserted;
      context.report({ name: "proxy.malformed", level: "warn", reason, ...omitUndefined({ hint }) });
    }
    if (unusable !== null) return served(unusable, ABSTAIN, null, null);
    if (asserted.kind === "stripped") {
      context.report({ name: "proxy.stripped", level: "warn", reason: asserted.reason });
    }
    if (asserted.kind !== "asserted") return andThen(ask(session, context), unasserted);
    return andThen(resolver.resolve(asserted.identity), (resolved) =>
      andThen(ask(session, context), (verdict) => {
        reportRejected(asserted.identity, resolved, resolver, context.report);
        return joined(asserted.identity, resolved, verdict, resolver);
      }),
    );
  });
}

/** Reports a rejected user by name, and the reason: operators are asked about it (S-63). */
export function reportRejected(identity: Identity, resolved: Resolved, { unknownUsers }: Resolver, report: Report): void {
  const unwanted = resolved.kind === "unknown" && unknownUsers === "refuse";
  if (resolved.kind !== "blocked" && !unwanted) return;
  const owner = ("owner" in resolved ? resolved.owner : undefined) ?? ownerOf(identity);
  report({ name: "session.refused", level: "warn", reason: resolved.kind, code: "ERR_FORBIDDEN", owner });
}

function unasserted(verdict: Verdict): Authenticated {
  const proven = provenBy(verdict);
  const presented: Presented | null =
    proven === null ? null : { owner: proven.row.owner, fromProxy: parseBody(proven.row).identity?.method === "proxy" };
  return served(reconcileAbsent(presented), verdict, null, null);
}

function joined(identity: Identity, resolved: Resolved, verdict: Verdict, { unknownUsers }: Resolver): Authenticated {
  if (verdict.kind === "unavailable") return { verdict, by: "session" };
  const proven = provenBy(verdict);
  const presented: Presented | null = proven === null ? null : { owner: proven.row.owner, fromProxy: false };
  const reconciled = reconcile(resolved, presented, unknownUsers);
  return served(reconciled, verdict, resolved.kind === "found" ? resolved : null, identity);
}

/** Turns the outcome of the table into the authenticated request. */
function served({ end, as }: Reconciled, verdict: Verdict, found: Found | null, identity: Identity | null): Authenticated {
  const proven = provenBy(verdict);
  // Every request of a proxy's user is served here: omitUndefined would cost it two lists for each.
  const ending = end === null || proven === null ? {} : { ending: { session: proven, reason: end } };
  const without = proven === null ? verdict : withoutSession(proven, end);
  const beside = deadIn(without);
  switch (as.kind) {
    case "session":
      return { verdict, by: verdict.kind === "abstain" ? null : "session" };
    case "anonymous":
      return { verdict: without, by: null, ...ending };
    case "refuse":
      return { verdict: as, by: "proxy", ...ending, ...beside };
    case "unavailable":
      return { verdict: as, by: "proxy" };
    case "register":
      return { verdict: without, by: null, ...ending, ...(identity === null ? {} : { registering: identity }) };
    case "user":
      return found === null
        ? { verdict: NOT_TAKEN, by: "proxy" }
        : { ...asUser(found, as.own ? proven : null, verdict), ...ending, ...beside };
  }
}

/** The verdict if a live session does not count: it is over, or stays for another request. */
function withoutSession({ row }: ProvenSession, end: EndReason | null): Verdict {
  return end === null ? ABSTAIN : { kind: "abstain", dead: { reason: end, id: row.id } };
}

function deadIn(verdict: Verdict): Pick<Authenticated, "dead"> {
  return verdict.kind === "abstain" && verdict.dead !== undefined ? { dead: verdict.dead } : {};
}

/** As the asserted user: with their own session, with an anonymous one whose data they keep, or with none. */
function asUser({ identity, owner }: Found, own: ProvenSession | null, verdict: Verdict): Authenticated {
  const asserted = { identity, owner };
  if (own !== null && own.row.owner === owner) return { verdict, by: "proxy", asserted };
  const accept: Verdict = { kind: "principal", principal: { identity, owner, ambient: true } };
  return own === null ? { verdict: accept, by: "proxy", asserted } : { verdict: accept, by: "proxy", asserted, anonymous: own };
}

/** The outcome once the app has registered the user, or could not. */
export function registered(resolved: Resolved, before: Authenticated): Authenticated {
  switch (resolved.kind) {
    case "found":
      return { ...asUser(resolved, null, before.verdict), ...deadIn(before.verdict) };
    case "unknown":
      return { verdict: before.verdict, by: null };
    case "blocked":
      return { verdict: { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" }, by: "proxy", ...deadIn(before.verdict) };
    case "failed":
      return { verdict: { kind: "unavailable", code: resolved.code, cause: resolved.cause }, by: "proxy" };
  }
}

/** Whether a credential was sent that a browser or a proxy sends by itself. */
export function hasAmbientCredential({ explicit, proxy, session }: Chain, request: RequestView): boolean {
  if (session.presented(request) || explicit.some((one) => one.ambient && one.presented(request))) return true;
  return proxy?.reader.headers.some((name) => request.header(name) !== undefined) ?? false;
}

/** The session that a verdict proves. */
export function provenBy(verdict: Verdict): ProvenSession | null {
  return verdict.kind === "session" || verdict.kind === "stale" ? verdict.session : null;
}

function read(reader: ProxyReader, { request, now, report }: StrategyContext): MaybePromise<ProxyVerdict> {
  const failed = (cause: unknown): ProxyVerdict => {
    report({ name: "proxy.failed", level: "error", error: cause });
    return { kind: "unavailable", cause };
  };
  try {
    const verdict = reader.read(request, now);
    return verdict instanceof Promise ? verdict.catch(failed) : verdict;
  } catch (cause) {
    return failed(cause);
  }
}

function ask(strategy: Strategy, context: StrategyContext, failed: typeof outage = outage): MaybePromise<Verdict> {
  try {
    const verdict = strategy.examine(context);
    return verdict instanceof Promise ? verdict.catch((cause: unknown) => failed(strategy, cause, context.report)) : verdict;
  } catch (cause) {
    return failed(strategy, cause, context.report);
  }
}

/** An error of the session's strategy is an error of the store. */
function outage(_session: Strategy, cause: unknown, report: Report): Verdict {
  const code = storeFailed(report, "read", cause);
  // mutant: outage-is-anonymous
  return { kind: "unavailable", code, cause };
}

/** An error of another strategy is the app's: a bug, unless it declares an outage (S-56). */
function failure({ name }: Strategy, cause: unknown, report: Report): Verdict {
  const answered = hookFailure(cause);
  report({ name: "credential.failed", level: "error", reason: name, code: answered.code, error: cause });
  return { kind: "unavailable", ...answered, cause };
}
