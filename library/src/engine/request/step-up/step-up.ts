/** Routes whose users have to have signed in recently, or strongly enough. */
import type { Decision, Policy, RequestView, RouteResponse, Verdict } from "../../../contracts.ts";
import type { Draft } from "../../../core/draft.ts";
import { storeFailed } from "../../../core/errors/store-failed.ts";
import { omitUndefined } from "../../../core/options/omit-undefined.ts";
import type { Body } from "../../lifecycle/record-body.ts";
import type { Asserted } from "../authenticate/authenticate.ts";
import { identityOf } from "../authenticate/identity-of.ts";
import type { EngineOptions } from "../options.ts";
import { pageBefore } from "../responses.ts";
import { isFirst, keepForm } from "./kept-forms.ts";
import { needsStepUp, stepUpDecision } from "./policy.ts";

/** A request that proceeds as far as its user is concerned. */
interface Proceeding {
  readonly request: RequestView;
  readonly now: number;
  readonly by: string | null;
  readonly draft: Draft;
  readonly verdict: Verdict;
  readonly asserted: Asserted | null;
  readonly body: Body | null;
}

const SENT: Decision = { kind: "refuse", status: 409, code: "ERR_FORM_SENT" };

/** Whether the user's sign-in is good enough for the policy, and if not, the way to another one. */
export function steppedUp<Data>(
  proceeding: Proceeding,
  policy: Policy,
  { providers }: Pick<EngineOptions<Data>, "providers">,
): Decision {
  const { request, now, by, draft, body } = proceeding;
  const identity = identityOf(proceeding);
  if (identity === null || !needsStepUp(policy, identity, now)) return { kind: "proceed" };
  const { maxAge, acr } = policy;
  const own = draft.login === null ? (body?.provider ?? undefined) : (draft.login.provider ?? undefined);
  // One that is configured no longer would be an unknown parameter.
  const provider = providers.some(({ name }) => name === own) ? own : undefined;
  return stepUpDecision(omitUndefined({ maxAge, acr, provider }), request, by);
}

/** Lets a form that was kept during a step-up through once. */
export async function onlyOnce<Data>(form: string, owner: string, options: EngineOptions<Data>): Promise<Decision> {
  try {
    return (await isFirst(form, owner, options)) ? { kind: "proceed" } : SENT;
  } catch (cause) {
    return { kind: "unavailable", code: storeFailed(options.report, "write", cause), cause };
  }
}

/** A request whose user has to sign in again. */
interface TurnedAway {
  readonly request: RequestView;
  refuse(decision: Exclude<Decision, { kind: "proceed" }>): RouteResponse;
}

/** Keeps what its user was sending, or tells them afterwards that it was not kept. */
export async function turnedAway<Data>(
  turned: TurnedAway,
  owner: string,
  decision: Extract<Decision, { kind: "login" }>,
  options: EngineOptions<Data>,
): Promise<RouteResponse> {
  const { sealed, prefix, origins } = options;
  const { request } = turned;
  const form = sealed?.ends === false ? null : await keepForm(request, owner, options);
  const page = pageBefore(request, origins.own);
  const query = new URLSearchParams(form === null ? { back: page } : { form });
  return turned.refuse({ ...decision, returnTo: `${prefix}/continue?${query}` });
}
