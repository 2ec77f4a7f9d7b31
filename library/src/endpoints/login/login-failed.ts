/** The answer to a login that failed: a page or a problem document, and the event with the same reference. */
import type { ErrorCode, LoginFailure, RouteRequest, RouteResponse } from "../../contracts.ts";
import { isLoopbackHost } from "../../cookie/names.ts";
import { describeError } from "../../core/errors/describe-error.ts";
import { type Header, retryAfter } from "../../core/errors/problem-answer.ts";
import { ERRORS } from "../../core/errors.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { failurePage } from "../../pages/views/login-failed.ts";
import type { OidcDependencies } from "../dependencies.ts";
import { refusal, wantsJson } from "../responses.ts";

/** A login that failed. */
export interface Failure {
  readonly code: ErrorCode;
  /** A short word for the log. */
  readonly reason: LoginFailure;
  /** The parameter that is malformed, to be shown. One of our own names, never what was sent. */
  readonly parameter?: string;
  readonly provider?: string;
  /** Who was not let in, by issuer and subject. */
  readonly owner?: string;
  /** What the app says to them. */
  readonly sentence?: string;
  readonly error?: unknown;
  /** Where a new login would lead. */
  readonly returnTo: string;
  /** `Set-Cookie` lines. */
  readonly cookies?: readonly string[];
  /** The browser holds a live session, which goes on. */
  readonly signedIn?: boolean;
}

const NOT_LET_IN = "This account may not sign in here.";

/** A page that is opened on this machine is seen by its developer, who is shown the cause. */
const isOnLoopback = ({ origin }: Pick<RouteRequest, "origin">): boolean => isLoopbackHost(new URL(origin).hostname);

function causeOf({ code, reason, error }: Failure): string {
  return `${code} (${reason})${error === undefined ? "" : `: ${describeError(error)}`}`;
}

/** Tells the user what happened and how to go on, and logs the cause for the operator under the same reference. */
export function loginFailed(
  request: Pick<RouteRequest, "header" | "origin">,
  failure: Failure,
  deps: OidcDependencies,
): RouteResponse {
  const { code, reason, provider, owner, error } = failure;
  const { status } = ERRORS[code];
  const told = code === "ERR_FORBIDDEN" ? `${failure.sentence ?? NOT_LET_IN} ` : "";
  const reference = Buffer.from(deps.entropy.bytes(6)).toString("hex");
  deps.report({
    name: "login.failed",
    level: status >= 500 ? "error" : "warn",
    code,
    reason,
    reference,
    ...omitUndefined({ provider, owner, error }),
  });
  const cookies = (failure.cookies ?? []).map((cookie): Header => ["set-cookie", cookie]);
  const wrong = failure.parameter === undefined ? "" : ` Look at the parameter ${failure.parameter}.`;
  if (wantsJson(request)) return refusal(code, `${told}Reference ${reference}.${wrong}`, cookies);
  const ways = waysOn(failure, deps);
  const cause = isOnLoopback(request) ? causeOf(failure) : undefined;
  const { sentence, parameter } = failure;
  const page = failurePage({ code, reference, ...ways, ...omitUndefined({ sentence, parameter, cause }) });
  const response = deps.pages.show(request, page);
  return { ...response, headers: [...response.headers, ...retryAfter(status), ...cookies] };
}

/** Where a new login begins, and where the user may go on to without one. */
function waysOn({ provider, returnTo, signedIn }: Failure, { prefix, providers, loginChooser }: OidcDependencies) {
  // Who failed with one provider may want another.
  const which =
    provider === undefined || loginChooser === true || provider === providers[0]?.name
      ? ""
      : `&provider=${encodeURIComponent(provider)}`;
  const login = `${prefix}/login?return_to=${encodeURIComponent(returnTo)}${which}`;
  return { login, ...omitUndefined({ goOn: signedIn === true ? returnTo : undefined }) };
}
