import type { Decision, EndReason, Policy, RequestView, Verdict } from "../contracts.ts";
import type { OriginRules } from "./csrf.ts";
import { mayChange } from "./csrf.ts";
import { isNavigation } from "./navigation.ts";

/** What is known beside the verdict when a request is decided. */
export interface Circumstances {
  readonly request: RequestView;
  readonly origins: OriginRules;
  /** A cookie, proxy header or the like came along, whether it proved anything or not. */
  readonly ambient: boolean;
  /**
   * What the handler, or a middleware before it, has recorded so far: it counts for whoever asks after it in the same
   * request.
   */
  readonly recorded: "login" | "logout" | null;
  /** Which strategy authenticated. */
  readonly by: string | null;
  /** Another user's session has to end, or somebody has to become known, before this request counts. */
  readonly before: boolean;
  readonly now: number;
  /** Sessions are kept in step with their provider: one whose access token ran out is renewed before it counts. */
  readonly keepsInStep: boolean;
  /** How long, from the access token's end, a session that cannot be renewed counts as an identity. */
  readonly unconfirmed: number;
}

const PROCEED: Decision = { kind: "proceed" };

/**
 * What comes first, and is decided again afterwards: the session in step with its provider, or another user's session
 * ended.
 */
export type Step = Decision | { readonly kind: "refresh" } | { readonly kind: "reconcile" };

/** Turns a verdict and a route's policy into what is done. Pure. */
export function decide(verdict: Verdict, policy: Policy, circumstances: Circumstances): Step {
  if (verdict.kind === "refuse" && !circumstances.before) return { ...verdict };
  if (
    !policy.crossSite &&
    !byOwnBearer(verdict) &&
    !mayChange(circumstances.request, circumstances.origins, circumstances.ambient)
  ) {
    return { kind: "refuse", status: 403, code: "ERR_CROSS_SITE" };
  }
  if (circumstances.before || verdict.kind === "refuse") return { kind: "reconcile" };
  if (circumstances.recorded === "login") return accepted(policy, "session");
  if (circumstances.recorded === "logout") return policy.require === "none" ? PROCEED : challenge(circumstances.request);
  if (verdict.kind === "unavailable") return { ...verdict };
  const behind = verdict.kind === "stale" && policy.renews !== false ? stale(verdict, circumstances) : null;
  if (behind !== null) return behind;
  if (isSomebody(verdict)) return accepted(policy, circumstances.by);
  return policy.require === "none" ? PROCEED : challenge(circumstances.request, endOf(verdict));
}

/** Somebody is there; whether by a way of authenticating that the route takes. */
function accepted({ via }: Policy, by: string | null): Decision {
  return via === undefined || (by !== null && via.includes(by))
    ? PROCEED
    : { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" };
}

/**
 * What is done about a session that is not in step with its provider, before anything else; `null`: it counts as it is
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

/** The client's own bearer, and one that really authenticated: nothing came along by itself (CS-10). */
function byOwnBearer(verdict: Verdict): boolean {
  return verdict.kind === "principal" && !verdict.principal.ambient;
}

// A session whose access token ran out is still somebody: docs/design.md §1.2.
function isSomebody(verdict: Exclude<Verdict, { kind: "refuse" | "unavailable" }>): boolean {
  if (verdict.kind === "abstain") return false;
  return verdict.kind === "principal" || verdict.session.row.owner !== null;
}

/** What somebody unknown is answered where a user is required: a page of the login for a navigation, else 401. */
export function challenge(request: RequestView, ended: EndReason | null = null): Exclude<Decision, { kind: "proceed" }> {
  if (!isNavigation(request)) return { kind: "refuse", status: 401, code: "ERR_UNAUTHENTICATED" };
  return ended === null ? { kind: "login" } : { kind: "login", ended };
}

/**
 * Why the presented session is over, where the person who comes back does not know: not one that was replaced, nor one
 * that never was.
 */
export function endOf(verdict: Verdict): EndReason | null {
  const reason = verdict.kind === "abstain" ? verdict.dead?.reason : undefined;
  return reason === undefined || reason === "malformed" || reason === "unknown" || reason === "replaced" ? null : reason;
}
