/** Answers of the engine: problem documents, the redirect to the login, pages of an outage. */
import type { Decision, ErrorCode, RequestView, RouteResponse } from "../../contracts.ts";
import { type Header, problemAnswer, secondsToWait } from "../../core/errors/problem-answer.ts";
import { ERRORS } from "../../core/errors.ts";
import { isNavigation } from "../../core/navigation.ts";
import type { EngineOptions } from "./options.ts";
import { formIn } from "./step-up/kept-forms.ts";
import { loginParametersOf } from "./step-up/policy.ts";

const UNCACHED: readonly Header[] = [
  ["cache-control", "no-store"],
  ["x-content-type-options", "nosniff"],
];

/** The problem document of a code (RFC 9457). 503 and 429 carry `Retry-After`. */
export function answerProblem(code: ErrorCode, headers: readonly Header[] = [], retryAfter: number | null = null): RouteResponse {
  return problemAnswer(code, UNCACHED, { headers, retryAfter });
}

/** The engine's settings that answers need. */
export type Answering = Pick<EngineOptions<unknown>, "prefix" | "origins" | "outagePage" | "forbiddenPage">;

/** Something else does not answer, or not as it should. */
const OUTAGES: ReadonlySet<number> = new Set([502, 503, 504]);

/** The answer to a failure: a page that says what to do for a navigation in an outage, else the problem document. */
export function answerFailure(
  { code, retryAfter }: { readonly code: ErrorCode; readonly retryAfter: number | null },
  request: RequestView,
  { prefix, origins, outagePage }: Answering,
): RouteResponse {
  if (!OUTAGES.has(ERRORS[code].status) || !isNavigation(request)) return answerProblem(code, [], retryAfter);
  const target = isRepeatable(request) ? request.target : pageBefore(request, origins.own);
  const login = `${prefix}/login?return_to=${encodeURIComponent(target)}`;
  return outagePage({ code, retryAfter: secondsToWait(retryAfter), target, login }, request);
}

/**
 * The answer to an error that a handler threw. A navigation that needed a token which its session cannot give any more
 * is redirected to the login: nothing else helps (F-31).
 */
export function answerThrown(
  error: { readonly code: ErrorCode; readonly retryAfter: number | null },
  request: RequestView,
  answering: Answering,
): RouteResponse {
  const signsInAgain = error.code === "ERR_SESSION_ENDED" && isNavigation(request);
  return signsInAgain ? answerDecision({ kind: "login" }, request, answering) : answerFailure(error, request, answering);
}

/** The answer instead of the handler's. Never sets or clears a cookie. */
export function answerDecision(
  decision: Exclude<Decision, { kind: "proceed" }>,
  request: RequestView,
  answering: Answering,
): RouteResponse {
  switch (decision.kind) {
    case "login":
      return answerLogin(request, answering.prefix, answering.origins.own, decision);
    case "refuse": {
      const challenge: readonly Header[] = decision.challenge === undefined ? [] : [["www-authenticate", decision.challenge]];
      const vary: readonly Header[] = decision.code === "ERR_CROSS_SITE" ? [["vary", "Sec-Fetch-Site, Origin"]] : [];
      if (decision.code === "ERR_FORBIDDEN" && decision.challenge === undefined && isNavigation(request))
        return answering.forbiddenPage(`${answering.prefix}/logout`, request);
      const form = decision.code === "ERR_FORM_SENT" && isNavigation(request) ? formIn(request) : null;
      if (form !== null) return seeOther(`${answering.prefix}/continue?form=${form}`);
      const response = answerProblem(decision.code, [...challenge, ...vary]);
      return { ...response, status: decision.status };
    }
    case "unavailable":
      return answerFailure(
        { code: decision.code, retryAfter: decision.retryAfter === undefined ? null : decision.retryAfter / 1_000 },
        request,
        answering,
      );
  }
}

const seeOther = (location: string): RouteResponse => ({
  status: 303,
  headers: [["location", location], ...UNCACHED],
  body: "",
});

const isRepeatable = ({ method }: RequestView): boolean => method === "GET" || method === "HEAD";

/**
 * Redirects a browser to the login, which first says why the session is over, if it was one, and afterwards redirects
 * back.
 */
function answerLogin(
  request: RequestView,
  prefix: string,
  origins: readonly string[],
  { ended, stepUp, returnTo: elsewhere }: Extract<Decision, { kind: "login" }>,
): RouteResponse {
  const safe = isRepeatable(request);
  const returnTo = elsewhere ?? (safe ? request.target : pageBefore(request, origins));
  const why = ended === undefined ? "" : `&ended=${ended}`;
  const wanted = stepUp === undefined ? "" : `&${loginParametersOf(stepUp)}`;
  return {
    status: safe ? 302 : 303,
    headers: [
      ["location", `${prefix}/login?return_to=${encodeURIComponent(returnTo)}${why}${wanted}`],
      ["cache-control", "no-store"],
      ["vary", "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept"],
    ],
    body: "",
  };
}

/** A form that was sent after the session ended cannot be sent again; the page that holds it can be shown. */
export function pageBefore(request: RequestView, origins: readonly string[]): string {
  const referer = request.header("referer") ?? "";
  if (!URL.canParse(referer)) return "/";
  const { origin, pathname, search } = new URL(referer);
  return origins.includes(origin) ? pathname + search : "/";
}

/** The response with the session's cookies added; an answer that sets a cookie is never cached (HD-01). */
export function withCookies(response: RouteResponse, cookies: readonly string[]): RouteResponse {
  if (cookies.length === 0) return response;
  const headers = response.headers.filter(([name]) => name !== "cache-control");
  return {
    ...response,
    headers: [...headers, ["cache-control", "no-store"], ...cookies.map((cookie): Header => ["set-cookie", cookie])],
  };
}
