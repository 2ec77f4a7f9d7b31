/** Answers that the gateway itself gives. */
import type { ServerResponse } from "node:http";
import type { ErrorCode, RouteResponse } from "coatcheck/contracts";
import { CoatcheckError, ERRORS, problem } from "coatcheck/errors";

/** Seconds after which a client may try again, unless a better time is known. */
const RETRY_AFTER = "5";

/**
 * What every answer of the gateway's own carries (HD-02). HTML pages bring a policy of their own, which says who may
 * frame them.
 */
const OWN_HEADERS: readonly (readonly [string, string])[] = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["cross-origin-opener-policy", "same-origin"],
];

/** A year, sub-domains too; sent if the browser came by https. */
const HSTS = "max-age=31536000; includeSubDomains";

/** An answer of ours as flat header lines: what the answer says, and what every answer of ours says. */
export function ownHeaders(response: RouteResponse, https: boolean): string[] {
  const flat: string[] = [];
  const said = new Set<string>();
  for (const [name, value] of response.headers) {
    flat.push(name, value);
    said.add(name);
  }
  for (const [name, value] of OWN_HEADERS) if (!said.has(name)) flat.push(name, value);
  if (!said.has("content-security-policy") && !said.has("x-frame-options")) flat.push("x-frame-options", "DENY");
  if (!said.has("cache-control")) flat.push("cache-control", "no-store");
  if (https) flat.push("strict-transport-security", HSTS);
  return flat;
}

/** The problem document of a code, as a value. `detail` says more about this case. */
export function problemOf(code: ErrorCode, headers: readonly (readonly [string, string])[] = [], detail?: string): RouteResponse {
  const { status } = ERRORS[code];
  const waits = status === 503 || status === 429 ? [["retry-after", RETRY_AFTER] as const] : [];
  return { status, headers: [["content-type", "application/problem+json"], ...waits, ...headers], body: problem(code, detail) };
}

/** What a failure is answered with: a `CoatcheckError` says it itself, anything else is a 500 that tells nothing. */
export function problemOfError(error: unknown): RouteResponse {
  if (!(error instanceof CoatcheckError)) return problemOf("ERR_INTERNAL");
  const response = problemOf(error.code);
  if (error.retryAfter === null) return response;
  const others = response.headers.filter(([name]) => name !== "retry-after");
  return { ...response, headers: [...others, ["retry-after", String(Math.ceil(error.retryAfter))]] };
}

/** How an answer is written. */
export interface Sending {
  /** The browser came by https. */
  readonly https: boolean;
  /** The connection is of no use afterwards: the request was not read to its end, or the server stops. */
  readonly close?: boolean;
  /** `HEAD`, `204` and `304` have no body. */
  readonly method: string | undefined;
}

/** Writes an answer of ours. Does nothing if the client has gone or the head is out already. */
export function send(response: ServerResponse, answer: RouteResponse, { https, close = false, method }: Sending): void {
  if (response.headersSent || response.destroyed) return;
  const headers = ownHeaders(answer, https);
  if (answer.status !== 204 && answer.status !== 304) headers.push("content-length", String(Buffer.byteLength(answer.body)));
  if (close) headers.push("connection", "close");
  response.writeHead(answer.status, headers);
  if (method === "HEAD" || answer.status === 204 || answer.status === 304) response.end();
  else response.end(answer.body);
}

/** A request head past the limits, in bytes or lines. */
export const HEAD_TOO_LARGE = malformed(431, "The head of the request is too large.");
/** A request that took too long to come. */
export const TOO_SLOW = malformed(408, "The request took too long to come.");

/** A body in a transfer coding that is not `chunked` alone. */
export const CODING_UNKNOWN = malformed(501, "This transfer coding is not understood.");
/** A request in a version of HTTP that this connection does not speak. */
export const VERSION_UNKNOWN = malformed(505, "This connection speaks HTTP/1.1.");

/** A malformed request that HTTP has a status of its own for. */
function malformed(status: number, title: string): RouteResponse {
  const code = "ERR_BAD_REQUEST";
  return {
    status,
    headers: [["content-type", "application/problem+json"]],
    body: JSON.stringify({ type: `urn:coatcheck:error:${code}`, title, status, code }),
  };
}
