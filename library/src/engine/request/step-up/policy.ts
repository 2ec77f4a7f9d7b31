/** Step-up: whether a user has signed in as recently and as strongly as a route asks (RFC 9470). Pure. */
import type { Decision, Identity, Policy, RequestView, StepUp } from "../../../contracts.ts";
import { isNavigation } from "../../../core/navigation.ts";

/** Whether the user's sign-in is older or weaker than the route asks. */
export function needsStepUp({ maxAge, acr }: Policy, { authenticatedAt, claims }: Identity, now: number): boolean {
  const reached = claims["acr"];
  const isOld = maxAge !== undefined && now - authenticatedAt > maxAge;
  return isOld || (acr !== undefined && !(typeof reached === "string" && acr.includes(reached)));
}

/** Whether the route asks for more than that the user is signed in. */
export const asksForStepUp = ({ maxAge, acr }: Policy): boolean => maxAge !== undefined || acr !== undefined;

/**
 * Another sign-in for a person; 401 for a program, and for who did not sign in by the login of ours: that would not
 * change what they show.
 */
export function stepUpDecision(stepUp: StepUp, request: RequestView, by: string | null): Decision {
  const leads = isNavigation(request) && (by === null || by === "session");
  return leads ? { kind: "login", stepUp } : { kind: "refuse", status: 401, code: "ERR_STEP_UP", challenge: challengeOf(stepUp) };
}

/** RFC 9470 s3. */
function challengeOf({ maxAge, acr }: StepUp): string {
  const parts = ['Bearer error="insufficient_user_authentication"'];
  if (acr !== undefined) parts.push(`acr_values="${acr.join(" ")}"`);
  if (maxAge !== undefined) parts.push(`max_age="${secondsOf(maxAge)}"`);
  return parts.join(", ");
}

/** The parameters of the login that brings it. */
export function loginParametersOf({ provider, maxAge, acr }: StepUp): URLSearchParams {
  const parameters = new URLSearchParams();
  if (provider !== undefined) parameters.set("provider", provider);
  if (maxAge !== undefined) parameters.set("max_age", secondsOf(maxAge));
  if (acr !== undefined) parameters.set("acr_values", acr.join(" "));
  return parameters;
}

const secondsOf = (milliseconds: number): string => String(Math.floor(milliseconds / 1_000));
