/** Request intake: reads and validates the head of each request once. */
import type { IncomingMessage } from "node:http";
import type { TrustedPeers } from "coatcheck/address";
import { clientAddress } from "coatcheck/client-address";
import type { ErrorCode, RouteResponse } from "coatcheck/contracts";
import type { LimitSettings } from "../config/config.ts";
import type { Observer, Outcome } from "../observe/observer.ts";
import { stopwatch } from "../observe/observer.ts";
import { HEAD_TOO_LARGE, problemOf } from "../response/response.ts";
import type { IsOwnCookie } from "../upstream/headers/own-cookies.ts";
import { RequestHead } from "../upstream/headers/request-head.ts";
import { ClientRequest, headerOf } from "./client-request.ts";
import type { PublicOrigin, PublicOrigins } from "./origin.ts";
import type { Target } from "./path.ts";
import { readTarget } from "./path.ts";
import { readBody } from "./read-body.ts";

/** Methods that are understood; others are 405 (PX-01). */
const METHODS: ReadonlySet<string> = new Set(
  "GET HEAD POST PUT PATCH DELETE OPTIONS QUERY PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH MKCALENDAR ACL".split(
    " ",
  ),
);
const ALLOW = [...METHODS].join(", ");

/**
 * What is read of a request before anything is decided about it; the engine sees it as it is. One object for each
 * request.
 */
export class IncomingRequest extends ClientRequest {
  readonly kind = "incoming";
  readonly message: IncomingMessage;
  readonly head: RequestHead;
  readonly path: string;
  readonly origin: PublicOrigin;
  /** The address of the client, as far as it can be believed. */
  readonly client: string;
  /** Monotonic milliseconds. */
  readonly started: number;

  constructor(
    read: Pick<IncomingRequest, "message" | "head" | "peer" | "origin" | "client" | "started">,
    { path, query }: Target,
  ) {
    const { method = "GET", rawHeaders } = read.message;
    super(method, query === "" ? path : path + query, read.peer, rawHeaders);
    this.message = read.message;
    this.head = read.head;
    this.path = path;
    this.origin = read.origin;
    this.client = read.client;
    this.started = read.started;
  }

  /** A form that is kept; one that waits to be asked for is not. */
  async sent(limit: number): Promise<string | null> {
    return this.head.expects === undefined ? readBody(this.message, limit).catch(() => null) : null;
  }

  // The one header that every request is asked for; it was found already.
  override header(name: string): string | undefined {
    return name === "cookie" ? this.head.cookie : super.header(name);
  }
}

/** A request that goes no further: what it is answered, and how that counts. */
export interface Refusal {
  readonly kind: "refusal";
  readonly answer: RouteResponse;
  readonly outcome: Outcome;
  /** The origin that it came to, if that is known. */
  readonly origin: PublicOrigin | undefined;
}

/** The refusal of a code. */
export function refusal(code: ErrorCode, outcome: Outcome, origin?: PublicOrigin): Refusal {
  return { kind: "refusal", answer: problemOf(code), outcome, origin };
}

/** What request intake needs: the origins that are served, the peers that are trusted, the limits. */
export interface RequestIntake {
  readonly origins: PublicOrigins;
  readonly peers: TrustedPeers;
  /** Which header tells the client's address. */
  readonly family: "forwarded" | "x-forwarded-for";
  readonly limits: LimitSettings;
  readonly isOwnCookie: IsOwnCookie;
  /** Headers that are never forwarded, by normalised name. */
  readonly hidden: ReadonlySet<string>;
}

/** Reads a request's head once, and refuses what has no one meaning. */
export function receive(
  message: IncomingMessage,
  { origins, peers, family, limits, isOwnCookie, hidden }: RequestIntake,
): IncomingRequest | Refusal {
  const started = stopwatch();
  const { rawHeaders } = message;
  if (rawHeaders.length > limits.headers * 2)
    return { kind: "refusal", answer: HEAD_TOO_LARGE, outcome: "malformed", origin: undefined };
  const head = new RequestHead(rawHeaders, isOwnCookie, hidden);
  if (head.hosts !== 1 || head.host === undefined) return refusal("ERR_BAD_REQUEST", "malformed");
  const peer = message.socket.remoteAddress;
  const trusted = peers.has(peer);
  const origin = origins.ofHost(trusted && head.forwardedHost !== undefined ? head.forwardedHost : head.host);
  if (origin === undefined) return refusal("ERR_MISDIRECTED", "misdirected");
  const target = readTarget(message.url ?? "");
  if (target === undefined) return refusal("ERR_BAD_REQUEST", "malformed", origin);
  if (!METHODS.has(message.method ?? "")) {
    return { kind: "refusal", answer: problemOf("ERR_METHOD_NOT_ALLOWED", [["allow", ALLOW]]), outcome: "malformed", origin };
  }
  if (head.expects !== undefined && head.expects.toLowerCase() !== "100-continue")
    return refusal("ERR_BAD_REQUEST", "malformed", origin);
  const header = family === "forwarded" ? head.forwarded : head.forwardedFor;
  const client = clientAddress({ peer, header, family, trusted: peers }) ?? "";
  return new IncomingRequest({ message, head, peer, origin, client, started }, target);
}

/** Whether a message announces a body that was not read to its end. */
export function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  const length = headers["content-length"];
  return (length !== undefined && length !== "0") || headers["transfer-encoding"] !== undefined;
}

/** Whether this is a CORS preflight, which browsers send without credentials. */
export function isPreflight(message: IncomingMessage): boolean {
  if (message.method !== "OPTIONS") return false;
  return (
    headerOf(message.rawHeaders, "origin") !== undefined &&
    headerOf(message.rawHeaders, "access-control-request-method") !== undefined
  );
}

/** Tells the observer of a request that the gateway itself answered. */
export function finished(
  observer: Observer,
  message: IncomingMessage,
  { status, outcome, started }: { readonly status: number; readonly outcome: Outcome; readonly started: number },
): void {
  const path = outcome === "malformed" || outcome === "checked" ? undefined : readTarget(message.url ?? "")?.path;
  const method = METHODS.has(message.method ?? "") ? (message.method ?? "") : "OTHER";
  observer.finished({ outcome, method, path, status, started, answered: 0, upstream: undefined, sessionId: null, via: null });
}
