/** The answers of the endpoints that are no pages: redirects, JSON, problem documents, and when to try again. */
import type { ErrorCode, RequestView, RouteResponse } from "../contracts.ts";
import { type Header, problemAnswer } from "../core/errors/problem-answer.ts";

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
  return problemAnswer(code, closed([]), { detail, headers });
}

/**
 * A problem document whose status a protocol prescribes; the code says what happened. For servers, which send no
 * `Referer`.
 */
export function refusalWithStatus(status: number, code: ErrorCode): RouteResponse {
  return problemAnswer(code, UNCACHED, { status });
}

/** RFC 9470 s3: who signed in longer ago than `recent` milliseconds signs in again first. */
export function signInAgain(recent: number, detail: string, headers: readonly Header[] = []): RouteResponse {
  const challenge = `Bearer error="insufficient_user_authentication", max_age="${Math.floor(recent / 1_000)}"`;
  return refusal("ERR_UNAUTHENTICATED", detail, [["www-authenticate", challenge], ...headers]);
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
