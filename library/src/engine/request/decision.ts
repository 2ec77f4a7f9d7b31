/** What is decided about a request: by what was observed of it, and by what it has recorded since. */
import type { Decision, ErrorCode, Policy, Report, RequestView } from "../../contracts.ts";
import { decide } from "../../core/decide.ts";
import type { Draft } from "../../core/draft.ts";
import type { Observed } from "./authenticate.ts";
import { comesAlong } from "./authenticate.ts";
import type { EngineOptions } from "./options.ts";

export function decisionOf<Data>(
  observed: Observed,
  draft: Draft,
  policy: Policy,
  request: RequestView,
  now: number,
  options: EngineOptions<Data>,
): Decision {
  const decision = decide(observed.verdict, policy, {
    request,
    origins: options.origins,
    ambient: request.method !== "GET" && comesAlong(options.chain, request),
    recorded: recordedIn(draft),
    by: observed.by,
    before: observed.ending !== undefined || observed.registering !== undefined,
    now,
    keepsInStep: options.refresh.policy === "keep-in-step",
    unconfirmed: options.policy.unconfirmed,
  });
  if (decision.kind === "refuse") reportRefusal(decision.code, options.report);
  return decision;
}

function recordedIn({ login, logout }: Draft): "login" | "logout" | null {
  if (login !== null) return "login";
  return logout ? "logout" : null;
}

function reportRefusal(code: ErrorCode, report: Report): void {
  if (code === "ERR_CROSS_SITE") report({ name: "csrf.refused", level: "warn", code });
  else report({ name: "session.refused", level: "debug", code });
}
