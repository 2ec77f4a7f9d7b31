/** The decision about a request: from its verdict and the policy of its route. Pure. */
import type { Decision, EndReason, Policy, RequestView, Verdict } from "../contracts.ts";
import type { OriginRules } from "./csrf.ts";
import { mayChange } from "./csrf.ts";
import { isNavigation, isSafe } from "./navigation.ts";

/** What is known beside the verdict when a request is decided. */
interface Circumstances {
  readonly request: RequestView;
  readonly origins: OriginRules;
  /** A cookie, proxy header or the like came along, whether it proved anything or not. */
  readonly ambient: boolean;
  /**
   * What the handler, or a middleware before it, has recorded so far: it counts for later decisions of the same
   * request.
   */
  readonly recorded: "login" | "logout" | null;
  /** Which strategy authenticated. */
  readonly by: string | null;
  /** Another user's session has to end, or an unknown user to be registered, before this request counts. */
  readonly before: boolean;
  readonly now: number;
  /** Sessions are kept in step with their provider: one whose access token ran out is refreshed before it counts. */
  readonly keepsInStep: boolean;
  /** How long, from the access token's end, a session that cannot be refreshed counts as an identity. */
  readonly unconfirmed: number;
}

const PROCEED: Decision = { kind: "proceed" };
const NOT_THIS_WAY: Decision = { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" };

/**
 * A decision, or what has to happen first, after which it is decided again: refresh the session, or end another user's.
 */
export type Step = Decision | { readonly kind: "refresh" } | { readonly kind: "reconcile" };

/** Turns a verdict and a route's policy into what is done. Pure. */
export function decide(verdict: Verdict, policy: Policy, circumstances: Circumstances): Step {
  if (verdict.kind === "refuse" && !circumstances.before) return { ...verdict };
  // A bearer token of the client's own authenticated: no credential came along by itself (CS-10).
  const byOwnBearer = verdict.kind === "principal" && !verdict.principal.ambient;
  const { request, origins, ambient } = circumstances;
  if (!isSafe(request.method) && !policy.crossSite && !byOwnBearer && !mayChange(request, origins, ambient)) {
    return { kind: "refuse", status: 403, code: "ERR_CROSS_SITE" };
  }
  if (circumstances.before || verdict.kind === "refuse") return { kind: "reconcile" };
  if (circumstances.recorded === "login") return isTaken(policy, "session") ? PROCEED : NOT_THIS_WAY;
  if (circumstances.recorded === "logout") return policy.require === "none" ? PROCEED : challenge(request);
  if (verdict.kind === "unavailable") return { ...verdict };
  const behind = verdict.kind === "stale" && policy.refreshes !== false ? stale(verdict, circumstances) : null;
  if (behind !== null) return behind;
  // A session whose access token ran out still counts as an identity: docs/design.md §1.2.
  const owned = verdict.kind === "principal" || (verdict.kind !== "abstain" && verdict.session.row.owner !== null);
  if (owned) return isTaken(policy, circumstances.by) ? PROCEED : NOT_THIS_WAY;
  return policy.require === "none" ? PROCEED : challenge(request, endOf(verdict));
}

/** Whether the strategy that authenticated the caller is one that the route takes. */
const isTaken = ({ via }: Policy, by: string | null): boolean => via === undefined || (by !== null && via.includes(by));

/**
 * What has to be done first about a session that is not in step with its provider; `null`: it counts as it is
 * (docs/design.md §1.2).
 */
function stale({ session, unconfirmed }: Extract<Verdict, { kind: "stale" }>, circumstances: Circumstances): Step | null {
  const { renewAt, tokenExpires } = session.row;
  if (!circumstances.keepsInStep || renewAt === null || tokenExpires === null) return null;
  if (unconfirmed === undefined) return { kind: "refresh" };
  if (circumstances.now - tokenExpires < circumstances.unconfirmed) return null;
  // No outage that passes: only a fresh login helps (F-31).
  if (unconfirmed.answered) return challenge(circumstances.request);
  return { kind: "unavailable", code: "ERR_PROVIDER_UNAVAILABLE", retryAfter: unconfirmed.retryAfter };
}

/** The answer to an anonymous caller if the route requires a user: the login for a navigation, else 401. */
export function challenge(request: RequestView, ended: EndReason | null = null): Exclude<Decision, { kind: "proceed" }> {
  if (!isNavigation(request)) return { kind: "refuse", status: 401, code: "ERR_UNAUTHENTICATED" };
  return ended === null ? { kind: "login" } : { kind: "login", ended };
}

/**
 * Why the presented session is over, if the user is to be told: not for one that was replaced, nor one that never was.
 */
export function endOf(verdict: Verdict): EndReason | null {
  const reason = verdict.kind === "abstain" ? verdict.dead?.reason : undefined;
  return reason === undefined || reason === "malformed" || reason === "unknown" || reason === "replaced" ? null : reason;
}
