/** The engine as adapters see it: what enters it, and what comes out. Published as `coatcheck/adapter`. */
import type { Report } from "./event-reasons.ts";
import type { ErrorCode } from "./events.ts";
import type { Decision, Policy, ProxyReader, RequestView } from "./request.ts";
import type { RouteRequest, RouteResponse } from "./routes.ts";
import type { Session } from "./session.ts";
import type { EndReason } from "./store.ts";
import type { MaybePromise } from "./world.ts";

/** An error with a code of ours, and when trying again may help, in seconds. */
export interface Failure {
  readonly code: ErrorCode;
  readonly retryAfter: number | null;
}

/**
 * What the response gets: cookies to add, and perhaps a refusal that replaces the handler's answer; see
 * {@link Exchange.answerFailure}.
 */
export interface Settlement {
  /** Whole `Set-Cookie` values. With one of them the answer is for no cache: `Cache-Control: no-store`. */
  readonly cookies: readonly string[];
  readonly refusal: Refusal | null;
}

/** A `CoatcheckError`, which replaces the handler's answer. */
export interface Refusal extends Error, Failure {
  readonly status: number;
}

/** As much of a `ServerResponse` as it takes to keep an answer out of caches. */
export interface PushedResponse {
  readonly headersSent: boolean;
  hasHeader(name: string): boolean;
  setHeader(name: string, value: string): unknown;
}

/**
 * The engine of an `auth`. An adapter enters each request into it, calls the app's handler if the decision is to
 * proceed, and settles when the head of the response is ready; `flow` does all of that for frameworks whose handlers
 * answer with a value.
 */
export interface Engine<Data> {
  /** The public origins, for {@link RouteRequest.origin}. */
  readonly origins: readonly string[];
  /** The session's cookie. */
  readonly sessionCookie: string;
  /** What authenticates here, by name, as {@link Policy.via} takes it. */
  readonly strategies: readonly string[];
  /**
   * The proxy whose word is taken for the user, or `null`. It is believed by the address of the peer, so requests must
   * have {@link RequestView.peer}; and nothing but the proxy may set its headers, or see them.
   */
  readonly proxy: Pick<ProxyReader, "headers" | "proven"> | null;
  /** Reports an event to the app's `on`. */
  readonly report: Report;
  /**
   * Authenticates the caller and admits the request: answers the exchange, whose `decision` says what is to be done.
   * Synchronous if strategies and store are. Rejects only for a defect.
   */
  enter(request: RequestView, policy: Policy): MaybePromise<Exchange<Data>>;
  /** Authenticates the caller, and decides nothing: for what admits later, or by several policies. */
  open(request: RequestView): MaybePromise<Exchange<Data>>;
  /** Whether the target is one of our own endpoints. They are for {@link serve}, never for {@link enter}. */
  owns(target: string): boolean;
  /**
   * Answers a request to one of our own endpoints. Rejects with a `CoatcheckError` that {@link answerFailure} answers.
   *
   * @param opened the request's exchange, if one was opened before; what else is given is a `TypeError`
   */
  serve(request: RouteRequest, opened?: Exchange<Data>): Promise<RouteResponse>;
  /** The answer that a decision gives instead of the handler. Never sets or clears a cookie. */
  answer(decision: Exclude<Decision, { kind: "proceed" }>, request: RequestView): RouteResponse;
  /** The answer to an error with a code of ours: a page for a navigation in an outage, else the problem document. */
  answerFailure(error: Failure, request: RequestView): RouteResponse;
  /** The same for an error that a handler threw: a navigation whose session is over goes to the login. */
  answerThrown(error: Failure, request: RequestView): RouteResponse;
  /** Whether pages of this origin may send unsafe requests here: one of the own or of the trusted origins. */
  trusts(origin: string): boolean;
  /** Whether a cookie of this name is one of ours: hidden from upstreams, and not theirs to set. */
  isOwnCookie(name: string): boolean;
  /**
   * Calls `onEnd` once when the session is over, on whichever replica, never before this has answered. Answers how to
   * stop.
   */
  watch(sessionId: string, onEnd: (reason: EndReason) => void): () => void;
}

/** One request and its response, from the verdict to the touch. An adapter holds one for each request. */
export interface Exchange<Data> {
  readonly request: RequestView;
  /** What the app's handler is given. */
  readonly session: Session<Data>;
  /** What {@link admit} came to; `ERR_INTERNAL` before. */
  readonly decision: Decision;
  /**
   * For {@link Engine.watch}: the session that authenticated the caller, or the token of ours; what the request began
   * ends with it. `null`: neither did.
   */
  readonly watched: string | null;
  /** Why the presented session is over, if the user is to be told; for the login that follows. */
  readonly ended: EndReason | null;
  /** The strategy that authenticated the caller, by name, or `null`. */
  readonly by: string | null;
  /** Whether the session has something to get another access token with. */
  readonly refreshes: boolean;
  /** Whether something is recorded that has to be stored. */
  readonly recorded: boolean;
  /** Whether the answer may have to carry a cookie. If not, and nothing is recorded later, settling changes nothing. */
  readonly pending: boolean;
  /** Whether the handler has read who is signed in: its answer is for no cache, unless it says otherwise. */
  readonly shown: boolean;
  /** Whether it has been settled, or is about to be. */
  readonly closed: boolean;
  /** Whether {@link touch} would write something. */
  readonly touchDue: boolean;
  /** For adapters that push: called once, when the first thing is recorded, so that they hold the response back. */
  onIntent: (() => void) | null;
  /** For adapters that push: the response, which is not cached once a user is shown in it. */
  answer: PushedResponse | null;
  /** The decision by this policy, with what has to come first done: a refresh, a session that a proxy's word ends. */
  admit(policy: Policy): MaybePromise<Decision>;
  /**
   * The decision by another policy than it was admitted with. Throws `ERR_INTERNAL` if something has to come first, a
   * refresh for example: {@link admit} by that policy does it.
   */
  decide(policy: Policy): Decision;
  /** The answer that a decision gives instead of the handler; a navigation also loses a ticket that is dead. */
  refuse(decision: Exclude<Decision, { kind: "proceed" }>): RouteResponse;
  /** The same, with the form kept that the user of a step-up was sending: it can be sent when they come back. */
  turnAway(decision: Exclude<Decision, { kind: "proceed" }>): MaybePromise<RouteResponse>;
  /** The answer to a {@link Settlement.refusal}, and to other errors with a code of ours. */
  answerFailure(error: Failure): RouteResponse;
  /** The answer to an error with a code of ours that the handler threw. */
  answerThrown(error: Failure): RouteResponse;
  /** The handler threw: whatever status its answer gets, only `logout` is kept. */
  fail(): void;
  /**
   * Stores what was recorded, once, when the status of the response is known and before its head leaves.
   *
   * @param wrote whether the handler set the session's cookie itself
   */
  settle(status: number, wrote?: boolean): MaybePromise<Settlement>;
  /** After the response: the user was active. Nothing waits for it. */
  touch(status: number): void;
}
