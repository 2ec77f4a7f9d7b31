import type { ErrorCode, RequestView, RouteRequest, RouteResponse } from "../contracts.ts";
import { isLoopbackHost } from "../cookie/names.ts";
import { describeError } from "../core/errors/describe-error.ts";
import { ERRORS, problem } from "../core/errors.ts";
import type { OidcDependencies } from "./dependencies.ts";
import type { Way } from "./pages/page.ts";
import { failurePage } from "./pages/page.ts";

type Header = readonly [name: string, value: string];

/** Whether a program asks, which reads JSON and no page. */
export function wantsJson(request: Pick<RequestView, "header">): boolean {
  const accept = request.header("accept") ?? "";
  return /\bapplication\/(problem\+)?json\b/i.test(accept) && !/\btext\/html\b/i.test(accept);
}

/** 303 keeps a POST from being sent on (AR-11); the address that was left goes to nobody (CB-11). */
export function redirect(status: 302 | 303, location: string, cookies: readonly string[] = []): RouteResponse {
  return { status, headers: [["location", location], ...closed(cookies)], body: "" };
}

export function json(status: number, value: object, headers: readonly Header[] = []): RouteResponse {
  return { status, headers: [["content-type", "application/json"], ...closed([]), ...headers], body: JSON.stringify(value) };
}

/** The problem document of a code. */
export function refusal(code: ErrorCode, detail?: string, headers: readonly Header[] = []): RouteResponse {
  const { status } = ERRORS[code];
  return {
    status,
    headers: [["content-type", "application/problem+json"], ...closed([]), ...waiting(status), ...headers],
    body: problem(code, detail),
  };
}

function closed(cookies: readonly string[]): readonly Header[] {
  return [
    ["cache-control", "no-store"],
    ["referrer-policy", "no-referrer"],
    ["x-content-type-options", "nosniff"],
    ...cookies.map((cookie): Header => ["set-cookie", cookie]),
  ];
}

const waiting = (status: number): readonly Header[] => (status === 503 || status === 429 ? [["retry-after", "5"]] : []);

/** A login that came to nothing. */
export interface Failure {
  readonly code: ErrorCode;
  /** A short word for the log. */
  readonly reason: string;
  /** The parameter that is malformed, to be shown. One of our own names, never what was sent. */
  readonly parameter?: string;
  readonly provider?: string;
  readonly error?: unknown;
  /** Where a new login would lead. */
  readonly returnTo: string;
  /** `Set-Cookie` lines. */
  readonly cookies?: readonly string[];
  /** The browser holds a live session, which goes on. */
  readonly signedIn?: boolean;
}

/** Whoever looks at a page on this machine is its developer, who has no use for a reference. */
const isOnLoopback = ({ origin }: Pick<RouteRequest, "origin">): boolean => isLoopbackHost(new URL(origin).hostname);

/** Tells the person what happened and how to go on, and the operator under the same reference what it was. */
export function loginFailed(
  request: Pick<RouteRequest, "header" | "origin">,
  failure: Failure,
  deps: OidcDependencies,
): RouteResponse {
  const { code, reason, provider, error, returnTo } = failure;
  const { status, message } = ERRORS[code];
  const reference = Buffer.from(deps.entropy.bytes(6)).toString("hex");
  deps.report({
    name: "login.failed",
    level: status >= 500 ? "error" : "warn",
    code,
    reason,
    reference,
    ...(provider === undefined ? {} : { provider }),
    ...(error === undefined ? {} : { error }),
  });
  const cookies = (failure.cookies ?? []).map((cookie): Header => ["set-cookie", cookie]);
  const wrong = failure.parameter === undefined ? "" : ` Look at the parameter ${failure.parameter}.`;
  if (wantsJson(request)) return refusal(code, `Reference ${reference}.${wrong}`, cookies);
  const response = failurePage({
    status,
    title: status === 503 ? "Signing in is not possible right now" : "Signing in did not work",
    reason: message + wrong,
    ways: waysOn(failure, deps),
    reference,
    ...(isOnLoopback(request) ? { cause: `${code} (${reason})${error === undefined ? "" : `: ${describeError(error)}`}` } : {}),
  });
  return { ...response, headers: [...response.headers, ...waiting(status), ...cookies] };

  function waysOn({ signedIn }: Failure, { prefix }: OidcDependencies): readonly Way[] {
    const which =
      provider === undefined || provider === deps.providers[0]?.name ? "" : `&provider=${encodeURIComponent(provider)}`;
    const again: Way = { label: "Sign in again", href: `${prefix}/login?return_to=${encodeURIComponent(returnTo)}${which}` };
    return signedIn === true ? [{ label: "Go on", href: returnTo }, again] : [again];
  }
}
