import type { Decision, Policy, RequestView, Verdict } from "../contracts.ts";
import type { OriginRules } from "./csrf.ts";
import { mayChange } from "./csrf.ts";
import { isNavigation } from "./navigation.ts";

/** What is known beside the verdict when a request is decided. */
export interface Circumstances {
  readonly request: RequestView;
  readonly origins: OriginRules;
  /** A cookie, proxy header or the like came along, whether it proved anything or not. */
  readonly ambient: boolean;
}

const PROCEED: Decision = { kind: "proceed" };

/** Turns a verdict and a route's policy into what is done. Pure. */
export function decide(verdict: Verdict, policy: Policy, circumstances: Circumstances): Decision {
  if (verdict.kind === "refuse") return { ...verdict };
  if (
    !policy.crossSite &&
    !byOwnBearer(verdict) &&
    !mayChange(circumstances.request, circumstances.origins, circumstances.ambient)
  ) {
    return { kind: "refuse", status: 403, code: "ERR_CROSS_SITE" };
  }
  if (verdict.kind === "unavailable") return { kind: "unavailable", code: verdict.code, cause: verdict.cause };
  return policy.require === "nobody" || isSomebody(verdict) ? PROCEED : challenge(circumstances.request);
}

/** The client's own bearer, and one that really authenticated: nothing came along by itself (CS-10). */
function byOwnBearer(verdict: Verdict): boolean {
  return verdict.kind === "accept" && "principal" in verdict && !verdict.principal.ambient;
}

// A session whose access token ran out is still somebody: DESIGN §1.2.
function isSomebody(verdict: Exclude<Verdict, { kind: "refuse" | "unavailable" }>): boolean {
  if (verdict.kind === "abstain") return false;
  return "principal" in verdict || verdict.session.row.owner !== null;
}

/** What somebody unknown is answered where a user is required: a page of the login for a navigation, else 401. */
export function challenge(request: RequestView): Exclude<Decision, { kind: "proceed" }> {
  return isNavigation(request) ? { kind: "login" } : { kind: "refuse", status: 401, code: "ERR_UNAUTHENTICATED" };
}
