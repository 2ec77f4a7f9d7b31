/** Sends requests to a provider, within limits of time, size and depth. */
import type { Clock } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { MAX_DEPTH } from "../../core/record.ts";
import type { Answer, Begin } from "./exchange.ts";
import type { Turn } from "./late-response.ts";
import { GRACE, passed } from "./late-response.ts";
import { errorCodeOf, isJson, membersOf } from "./oauth-error.ts";
import { ProviderProblem } from "./provider-problem.ts";
import { ReadResponse } from "./read-response.ts";
import { retryAfterOf } from "./retry-after.ts";

export type { Fetch } from "./exchange.ts";

/** What a request is for; decides how its answer is read. */
export type Purpose = "metadata" | "keys" | "token" | "oauth2-token" | "userinfo" | "revocation" | "introspection" | "public-key";

/** Purposes whose responses need no JSON content type. */
const UNCHECKED: ReadonlySet<Purpose> = new Set(["oauth2-token", "revocation", "public-key"]);

export interface Transport {
  /**
   * Sends the request and reads the whole response within the limits. Throws only {@link ProviderProblem}. `timeout`
   * replaces the configured one.
   */
  send(purpose: Purpose, url: string, options: RequestInit, timeout?: number): Promise<ReadResponse>;
}

/** A transport that can be closed. */
interface BoundedTransport extends Transport {
  /** Ends all waits, present and future. */
  cut(): void;
}

interface TransportLimits {
  readonly timeout: number;
  readonly maxResponse: number;
  /** Plain http to loopback addresses is allowed. */
  readonly loopback: boolean;
}

/** The longest that a request takes with this limit, milliseconds, the wait for a late response included. */
export const longestOf = (timeout: number): number => timeout + 2 * GRACE;

/**
 * The only way to the provider: no redirects (TK-06), bounded time and size (TK-07, A-20), https or loopback (TK-05),
 * JSON of bounded depth. The response is read here in full, so that no caller waits later for a slow body. A late
 * response counts if it had arrived before the limit was noticed. A problem is `ambiguous` if the request may have
 * taken effect: not before it left, and not once the provider's answer began with a status that says no.
 *
 * @param turn a turn of the event loop, in which arrived data are read; tests replace it
 */
export function boundedTransport(limits: TransportLimits, clock: Clock, begin: Begin, turn?: Turn): BoundedTransport {
  const open = new Set<AbortController>();
  let over = false;
  return {
    cut() {
      over = true;
      for (const stop of open) stop.abort(OVER);
    },
    async send(purpose, url, options, timeout = limits.timeout) {
      checkAddress(url, limits.loopback);
      const stop = new AbortController();
      open.add(stop);
      if (over) stop.abort(OVER);
      const signal = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
      const done = new AbortController();
      let sent: number | null = null;
      const exchange = begin(url, options, signal, () => {
        sent = clock.monotonic();
      });
      let response: Answer | null = null;
      let late = false;
      let whole = false;
      const look = {
        clock,
        signal: done.signal,
        arrived: () => response !== null,
        held: () => exchange.neverLeft(),
        since: () => (sent === null ? null : clock.monotonic() - sent),
        ...omitUndefined({ turn }),
      };
      const limit = passed(timeout, look).then(
        () => {
          late = true;
          stop.abort();
        },
        () => undefined,
      );
      try {
        response = await raced(exchange.answer, signal);
        checkStatus(response, purpose);
        const body = await raced(response.read(limits.maxResponse), signal);
        whole = true;
        if (response.status === 500 && !saysWhy(response, body)) throw answeredWith(500);
        if (!UNCHECKED.has(purpose) && response.status === 200) checkJson(response, body);
        return new ReadResponse(response.status, response.headers, body);
      } catch (error) {
        const problem = error instanceof ProviderProblem ? error : networkProblem(error, late);
        if (response !== null && response.status >= 400) throw problem.unambiguous(retryAfterOf(response.headers, clock.now()));
        throw exchange.neverLeft() ? problem.unambiguous() : problem;
      } finally {
        open.delete(stop);
        exchange.stop();
        done.abort(OVER);
        await limit;
        if (!whole) stop.abort(OVER);
      }
    },
  };
}

/** The reason of every abort, since creating an exception for each costs more than the rest of the request. */
const OVER = "over";

/** Ends the wait at the limit even if the work ignores the signal. */
function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(new DOMException("aborted", "AbortError"));
    signal.addEventListener("abort", () => reject(new DOMException("timed out", "TimeoutError")), { once: true });
    work.then(resolve, reject);
  });
}

function checkAddress(url: string, loopback: boolean): void {
  const { protocol } = new URL(url);
  if (protocol === "https:" || (protocol === "http:" && loopback)) return;
  throw new ProviderProblem("invalid", "address", "the provider names an address that is not https");
}

function checkStatus(response: Answer, purpose: Purpose): void {
  const { status } = response;
  if (status >= 300 && status < 400) {
    response.discard();
    throw new ProviderProblem("invalid", "redirect", `the provider answered with a redirect (status ${status})`, {
      ambiguous: true,
    });
  }
  if (status === 500 && purpose === "token" && isJson(response.headers)) return;
  if (status >= 500 || status === 429) {
    response.discard();
    throw answeredWith(status);
  }
}

const answeredWith = (status: number): ProviderProblem =>
  new ProviderProblem("unavailable", "status", `the provider answered with status ${status}`);

/** Some providers report an error of the grant with status 500: an OAuth error, not the page of a broken server. */
const saysWhy = ({ headers }: Answer, body: Uint8Array): boolean =>
  errorCodeOf(membersOf(headers, new TextDecoder().decode(body))) !== null;

function checkJson(response: Answer, body: Uint8Array): void {
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !/^application\/[a-z0-9.-]+\+json$/.test(type))
    throw new ProviderProblem("invalid", "content-type", "the provider's answer is not JSON by its content type", {
      ambiguous: true,
    });
  if (deeperThan(body, MAX_DEPTH))
    throw new ProviderProblem("invalid", "depth", "the provider's answer is nested too deeply", { ambiguous: true });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts brackets outside of strings; the parser refuses malformed JSON. */
export function deeperThan(json: Uint8Array, limit: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < json.byteLength; i += 1) {
    const byte = json[i];
    if (quoted) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}

function networkProblem(error: unknown, late: boolean): ProviderProblem {
  if (late) return new ProviderProblem("unavailable", "timeout", "the provider did not answer in time", { ambiguous: true });
  const code = errorCode(error);
  const message = `the provider could not be reached${code === undefined ? "" : ` (${code})`}`;
  return new ProviderProblem("unavailable", "network", message, { ambiguous: code === undefined || !NEVER_SENT.test(code) });
}

/** Network errors before anything reached the provider: name resolution, connecting, and certificates. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|(ERR_TLS_)?CERT_.*|UNABLE_TO_.*|(DEPTH_ZERO_)?SELF_SIGNED_.*)$/;

function errorCode(error: unknown): string | undefined {
  for (let depth = 0, at = error; depth < 4 && typeof at === "object" && at !== null; depth += 1) {
    if ("code" in at && typeof at.code === "string" && /^[A-Z0-9_]{2,40}$/.test(at.code)) return at.code;
    at = "cause" in at ? at.cause : null;
  }
  return undefined;
}
