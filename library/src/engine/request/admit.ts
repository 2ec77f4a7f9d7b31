/**
 * What comes before the handler: the decision about a request, its session in step with its provider, another user's
 * session ended.
 */
import type { Policy, ProvenSession, Report, RequestView, Verdict } from "../../contracts.ts";
import type { Step } from "../../core/decide.ts";
import { decide } from "../../core/decide.ts";
import type { Draft } from "../../core/draft.ts";
import { storeFailed } from "../../core/errors/store-failed.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { endSessions } from "../lifecycle/end-sessions.ts";
import type { SessionAfterRefresh } from "../refresh/options.ts";
import type { WaitBudget } from "../refresh/wait-budget.ts";
import type { Asserted, Authenticated } from "./authenticate/authenticate.ts";
import { hasAmbientCredential, provenBy, registered, reportRejected } from "./authenticate/authenticate.ts";
import type { EngineOptions } from "./options.ts";
import { showsPrevious } from "./rotation.ts";

/** What is decided about a request: by its verdict, and by what it has recorded since. */
export function decisionOf<Data>(
  authenticated: Authenticated,
  draft: Draft,
  policy: Policy,
  request: RequestView,
  now: number,
  options: EngineOptions<Data>,
): Step {
  const withoutLogin = draft.logout ? "logout" : null;
  const decision = decide(authenticated.verdict, policy, {
    request,
    origins: options.origins,
    ambient: request.method !== "GET" && hasAmbientCredential(options.chain, request),
    recorded: draft.login === null ? withoutLogin : "login",
    by: authenticated.by,
    before: authenticated.ending !== undefined || authenticated.registering !== undefined,
    now,
    keepsInStep: options.refresh.policy === "keep-in-step",
    unconfirmed: options.policy.unconfirmed,
  });
  return decision.kind === "refuse" ? reported(decision, options.report) : decision;
}

function reported(decision: Extract<Step, { kind: "refuse" }>, report: Report): Step {
  const { code } = decision;
  if (code === "ERR_CROSS_SITE") report({ name: "csrf.refused", level: "warn", code });
  else report({ name: "session.refused", level: "debug", code });
  return decision;
}

/** The caller with the session in step with its provider, or known not to be. */
export function refreshed<Data>(
  authenticated: Authenticated,
  options: EngineOptions<Data>,
  budget: WaitBudget,
): Promise<Authenticated> {
  const proven = provenBy(authenticated.verdict);
  if (proven === null) return Promise.resolve(authenticated);
  // Without async, so that little is held for each of many requests that wait.
  return options.coordinator.refresh(proven.row, { budget, fresh: true }).then(
    (result) => afterRefresh(authenticated, verdictOf(result, proven)),
    (cause: unknown) => afterRefresh(authenticated, failedBy(cause)),
  );
}

/** If the session ended meanwhile: a user whom a proxy asserts needs none. */
function afterRefresh(authenticated: Authenticated, verdict: Verdict): Authenticated {
  // mutant: session-not-needed
  return verdict.kind === "abstain" && authenticated.asserted !== undefined
    ? asserting(authenticated.asserted)
    : { ...authenticated, verdict, by: verdict.kind === "abstain" ? null : authenticated.by };
}

function asserting(asserted: Asserted): Authenticated {
  return { verdict: { kind: "principal", principal: { ...asserted, ambient: true } }, by: "proxy", asserted };
}

function verdictOf(result: SessionAfterRefresh, proven: ProvenSession): Verdict {
  switch (result.kind) {
    case "refreshed":
      // mutant: rotates-again
      return { kind: "session", session: { row: result.row, previous: showsPrevious(proven, result.row) } };
    case "ended":
      return { kind: "abstain", dead: { reason: result.reason, id: proven.row.id } };
    case "unavailable":
      return {
        kind: "stale",
        session: proven,
        unconfirmed: { retryAfter: result.retryAfter, answered: result.answered === true },
      };
  }
}

function failedBy(cause: unknown): Verdict {
  return { kind: "unavailable", code: cause instanceof CoatcheckError ? cause.code : "ERR_STORE_UNAVAILABLE", cause };
}

/**
 * The caller, once another user's session is over in the store and an unknown user is registered: before the handler,
 * so that it sees one identity, whole (S-30, S-33). If the store does not take the end, the request is not served.
 */
export async function reconciled<Data>(authenticated: Authenticated, options: EngineOptions<Data>): Promise<Authenticated> {
  const { ending, registering, ...rest } = authenticated;
  // mutant: other-session-later
  const failed = ending === undefined ? null : await end(ending, options);
  // mutant: end-not-stored
  if (failed !== null) return { verdict: failed, by: "session" };
  const resolver = options.chain.proxy?.resolver;
  if (registering === undefined || resolver === undefined) return rest;
  const made = await resolver.register(registering);
  reportRejected(registering, made, resolver, options.report);
  return registered(made, rest);
}

async function end<Data>(
  { session: { row }, reason }: NonNullable<Authenticated["ending"]>,
  options: EngineOptions<Data>,
): Promise<Verdict | null> {
  try {
    await endSessions(options, { id: row.id }, reason, options.clock.now(), { rows: [row] });
    return null;
  } catch (cause) {
    return { kind: "unavailable", code: storeFailed(options.report, "write", cause), cause };
  }
}
