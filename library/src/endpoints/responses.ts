/** The answers of the endpoints that are no pages: redirects, JSON, problem documents, and when to try again. */
import type { ErrorCode, RequestView, RouteResponse } from "../contracts.ts";
import { ERRORS, problem } from "../core/errors.ts";

export type Header = readonly [name: string, value: string];

const PROBLEM = "application/problem+json";
/** Seconds. */
const RETRY_AFTER = "5";
const UNCACHED: readonly Header[] = [
  ["cache-control", "no-store"],
  ["x-content-type-options", "nosniff"],
];

/** Whether the caller is a program, which reads JSON and no page. */
export function wantsJson(request: Pick<RequestView, "header">): boolean {
  const accept = request.header("accept") ?? "";
  return /\bapplication\/(problem\+)?json\b/i.test(accept) && !/\btext\/html\b/i.test(accept);
}

/** 303 keeps a POST from being sent on (AR-11); no `Referer` tells the address that was left (CB-11). */
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
    headers: [["content-type", PROBLEM], ...closed([]), ...retryAfter(status), ...headers],
    body: problem(code, detail),
  };
}

/**
 * A problem document whose status a protocol prescribes; the code says what happened. For servers, which send no
 * `Referer`.
 */
export function refusalWithStatus(status: number, code: ErrorCode): RouteResponse {
  return { status, headers: [["content-type", PROBLEM], ...UNCACHED], body: problem(code, undefined, status) };
}

/** A 200 without a body, for servers. */
export const ok: RouteResponse = { status: 200, headers: UNCACHED, body: "" };

function closed(cookies: readonly string[]): readonly Header[] {
  return [
    ["cache-control", "no-store"],
    ["referrer-policy", "no-referrer"],
    ["x-content-type-options", "nosniff"],
    ...cookies.map((cookie): Header => ["set-cookie", cookie]),
  ];
}

/** `Retry-After` of the statuses that ask for another try: 503 and 429. */
export const retryAfter = (status: number): readonly Header[] =>
  status === 503 || status === 429 ? [["retry-after", RETRY_AFTER]] : [];
