/** Problem documents as responses (RFC 9457), and how long a client waits before it tries again. */
import type { ErrorCode, RouteResponse } from "../../contracts.ts";
import { ERRORS, problem } from "../errors.ts";

export type Header = readonly [name: string, value: string];

/** The default of `Retry-After`, in seconds. */
const RETRY_AFTER = 5;

/** Whole seconds after which trying again may help. */
export const secondsToWait = (known: number | null): number => Math.ceil(known ?? RETRY_AFTER);

/** `Retry-After` of the statuses that ask for another try: 503 and 429. */
export const retryAfter = (status: number, known: number | null = null): readonly Header[] =>
  status === 503 || status === 429 ? [["retry-after", String(secondsToWait(known))]] : [];

/** What a problem document says besides its code. */
interface ProblemDetails {
  readonly detail?: string | undefined;
  /** Of a protocol that prescribes one. */
  readonly status?: number;
  /** Seconds. */
  readonly retryAfter?: number | null;
  readonly headers?: readonly Header[];
}

/** The problem document of a code. `common`: the headers that every response of its kind has. */
export function problemAnswer(code: ErrorCode, common: readonly Header[], details: ProblemDetails = {}): RouteResponse {
  const { detail, status = ERRORS[code].status, retryAfter: wait = null, headers = [] } = details;
  return {
    status,
    headers: [["content-type", "application/problem+json"], ...common, ...retryAfter(status, wait), ...headers],
    body: problem(code, detail, status),
  };
}
