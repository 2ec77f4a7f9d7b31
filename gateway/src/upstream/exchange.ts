/** One proxied request and its answer. */
import type { ServerResponse } from "node:http";
import type { RouteResponse } from "coatcheck/contracts";
import { CoatcheckError } from "coatcheck/errors";
import type { Dispatcher } from "undici";
import type { Finished, Outcome } from "../observe/observer.ts";
import { stopwatch, tellFailure } from "../observe/observer.ts";
import { writeHead } from "../response/head-text.ts";
import { problemOf, send } from "../response/response.ts";
import { limitedBody } from "./body-limit.ts";
import type { Waiter } from "./connections/connection-limit.ts";
import { Slot } from "./connections/connection-limit.ts";
import { BodyTooLarge, ClientGone, isStaleConnection } from "./failures.ts";
import type { AnswerHeaders } from "./headers/response-head.ts";
import { answerHead, isEventStream } from "./headers/response-head.ts";
import { passHints } from "./interim.ts";
import type { OpenStream } from "./open-streams.ts";
import type { ProxyContext, ProxyRequest } from "./proxy-request.ts";
import { upstreamHeaders, withToken } from "./proxy-request.ts";
import { Rejection, rejectsToken, tokenInstead } from "./rejection.ts";
import { AnswerBody } from "./response-body.ts";
import { UpstreamExchange } from "./upstream-exchange.ts";

const NO_COOKIES: readonly string[] = [];
const NOTHING: readonly Buffer[] = [];
const RETRIED = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * One request to an upstream and its answer. It is itself undici's handler, so that no stream wrapper stands between
 * the sockets, and no closure is made for each chunk.
 */
export class ProxyExchange extends UpstreamExchange implements Dispatcher.DispatchHandler, Finished, OpenStream, Waiter {
  readonly #response: ServerResponse;
  readonly #slot: Slot;
  readonly #body: AnswerBody;
  #headers: string[] = [];
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #retried = false;
  /** Nothing that undici says counts any more. */
  #over = false;
  #settling = false;
  /** An event stream, which lasts no longer than its session. */
  #lasting = false;
  #endedEarly: AnswerHeaders | undefined = undefined;
  /** The upstream's no to the access token, kept back while another is asked for. */
  #rejection: Rejection | undefined = undefined;
  /** The cookies of the settled session, if another answer leaves than the upstream's. */
  #cookies = NO_COOKIES;
  /** A body that came before its head may leave. */
  #waiting: readonly Buffer[] = NOTHING;
  #refreshed = false;

  constructor(shared: ProxyContext, request: ProxyRequest, response: ServerResponse) {
    super(shared, request);
    this.#response = response;
    this.#slot = new Slot(request.route.limit, this);
    this.#body = new AnswerBody(response, this.#slot);
  }

  get status(): number {
    return this.#response.headersSent ? this.#response.statusCode : 0;
  }

  /** Sends the request. The answer, whatever it is, goes to the client. */
  start(): void {
    // Gone while it waited for its admission: nothing tells of that any more.
    if (this.#response.destroyed) {
      this.#closed();
      return;
    }
    this.#response.on("close", () => this.#closed());
    this.#headers = upstreamHeaders(this.request, (what) => this.leftOut(what));
    const { head } = this.request.incoming;
    if (head.hasBody && head.length !== undefined) this.#headers.push("content-length", head.length);
    this.#slot.take();
  }

  /** There is a connection for it: the request leaves. */
  go(): void {
    const { route, incoming } = this.request;
    const body = limitedBody(incoming, this.shared.bodyLimit);
    route.pool.dispatch({ ...route.sending, path: incoming.target, method: this.method, headers: this.#headers, body }, this);
  }

  /** None became free while it could wait. */
  tooLate(): void {
    this.shared.observer.notice("upstream.busy", { upstream: this.upstream });
    const answer = this.shared.answerFailure(new CoatcheckError("ERR_UPSTREAM_BUSY"), this.request.incoming);
    this.#refuse(answer, "upstream-busy");
  }

  /** Ends the stream to the client, because its session is over. */
  cut(): void {
    this.#over = true;
    this.#controller?.abort(new ClientGone("the session ended"));
    this.#response.destroy();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#response.destroyed) controller.abort(new ClientGone("the client went away"));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status < 200) {
      passHints(status, headers, this.#response, this.request.incoming.message);
      return;
    }
    if (this.#mayRenew && rejectsToken(status, headers)) {
      this.#rejection = new Rejection(headers);
      return;
    }
    this.#answer(controller, status, headers);
  }

  /** A rejected token is refreshed once, and the request sent once more, unless its body is gone (RF-08). */
  get #mayRenew(): boolean {
    const { accessToken, incoming, route } = this.request;
    // One of ours is not the provider's to refresh.
    return accessToken !== undefined && route.own === undefined && !this.#refreshed && !incoming.head.hasBody;
  }

  #answer(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    this.answered = stopwatch();
    const { admission } = this.request;
    if (admission === null) {
      this.#writeHead(status, headers, NO_COOKIES);
      return;
    }
    const settled = admission.settle(status);
    if (!(settled instanceof Promise)) {
      this.#writeHead(status, headers, settled);
      return;
    }
    this.#settling = true;
    controller.pause();
    settled
      .then((cookies) => {
        this.#settling = false;
        this.#writeHead(status, headers, cookies);
        if (this.#endedEarly !== undefined) this.onResponseEnd(controller, this.#endedEarly);
        else controller.resume();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#rejection === undefined) this.#body.write(controller, chunk);
    else if (!this.#rejection.keep(chunk)) this.#passOn(controller, this.#rejection);
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: AnswerHeaders): void {
    this.#slot.free();
    if (this.#over) return;
    if (this.#rejection !== undefined) {
      this.#sendAgain(controller, this.#rejection, trailers).catch((error: unknown) => this.#fail(error));
      return;
    }
    // An answer without a body is complete with its head, also while the head still waits for the session to be
    // settled.
    if (this.#settling) {
      this.#endedEarly = trailers;
      return;
    }
    this.#over = true;
    for (const name in trailers) this.#addTrailer(name, trailers[name]);
    this.#body.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#slot.free();
    if (this.#over) return;
    const { message, head } = this.request.incoming;
    if (error instanceof ClientGone || this.#response.destroyed || (head.hasBody && message.destroyed && !message.complete)) {
      this.#over = true;
      return;
    }
    if (error instanceof BodyTooLarge) {
      this.#refuse(problemOf("ERR_BODY_TOO_LARGE"), "too-large");
      return;
    }
    if (this.answered === 0 && !this.#retried && !head.hasBody && RETRIED.has(this.method) && isStaleConnection(error)) {
      this.#retried = true;
      this.#slot.take();
      return;
    }
    this.#refuse(...this.failed(error));
  }

  async #sendAgain(controller: Dispatcher.DispatchController, rejection: Rejection, trailers: AnswerHeaders): Promise<void> {
    const { admission, accessToken = "", route } = this.request;
    this.#refreshed = true;
    const token = await tokenInstead(admission, accessToken, route.target);
    if (this.#over || this.#response.destroyed) return;
    if (token === undefined) {
      this.#passOn(controller, rejection);
      this.onResponseEnd(controller, trailers);
      return;
    }
    this.#rejection = undefined;
    this.#headers = withToken(this.#headers, accessToken, token);
    this.#slot.take();
  }

  /** The rejection is the answer after all. */
  #passOn(controller: Dispatcher.DispatchController, { headers, chunks }: Rejection): void {
    this.#rejection = undefined;
    this.#refreshed = true;
    this.#waiting = chunks;
    this.#answer(controller, 401, headers);
  }

  #writeHead(status: number, headers: AnswerHeaders, cookies: readonly string[]): void {
    const response = this.#response;
    if (this.#over || response.destroyed) return;
    const { admission } = this.request;
    const flat = answerHead(headers, cookies, admission !== null && admission.identity !== null, this, status);
    if (this.shared.isDraining()) flat.push("connection", "close");
    const isStream = isEventStream(headers["content-type"]);
    if (isStream && !this.#slot.becomeStream()) {
      this.#cookies = cookies;
      this.tooLate();
      return;
    }
    writeHead(response, status, flat);
    if (isStream) {
      this.#lasting = true;
      this.shared.streams.add(this);
    }
    // A head that waits for its body is a stalled event stream. What came in the same packet still leaves together.
    const length = headers["content-length"];
    if (typeof length === "string") this.#body.announce(Number(length));
    else process.nextTick(flush, response);
    for (const chunk of this.#waiting) this.#body.writeKept(chunk);
  }

  #addTrailer(name: string, value: string | readonly string[] | undefined): void {
    if (value === undefined || name === "set-cookie" || this.#response.getHeader("content-length") !== undefined) return;
    this.#response.addTrailers([[name, typeof value === "string" ? value : value.join(", ")]]);
  }

  /**
   * There is no answer for the head that waits: the session layer has none, or it cannot be written. Every promise
   * ends here.
   */
  #fail(error: unknown): void {
    if (this.#over) return;
    const { incoming, route } = this.request;
    const answer = this.shared.answerFailure(error, incoming, route.asks.get(incoming.origin.origin)?.mayLogin);
    tellFailure(this.shared.observer, error, answer.status, this.upstream);
    this.#refuse(answer, answer.status === 503 ? "unavailable" : answer.status >= 500 ? "failed" : "rejected");
  }

  /**
   * Answers instead of the upstream until a head was sent; after that a broken connection is the only honest answer.
   */
  #refuse(answer: RouteResponse, outcome: Outcome): void {
    this.#over = true;
    this.outcome = outcome;
    const response = this.#response;
    const { message, head, origin } = this.request.incoming;
    const cookies = this.#cookies;
    // One that cannot be written is not tried again.
    this.#cookies = NO_COOKIES;
    const sending = { https: origin.scheme === "https", close: head.hasBody && !message.complete, method: this.method };
    if (response.headersSent) response.destroy();
    else send(response, withCookies(answer, cookies), sending);
    this.#controller?.abort(new ClientGone("answered already"));
  }

  #closed(): void {
    const response = this.#response;
    // An answer that is not the upstream's is the one to a client that stands still.
    const unanswered = this.answered === 0;
    // One that was dispatched is undici's until undici says so.
    if (this.#slot.isWaiting) this.#slot.free();
    if ((unanswered || !response.writableFinished) && this.outcome === "proxied") {
      if (unanswered || !this.#over || !response.headersSent) this.outcome = "client-gone";
      this.#over = true;
      this.#controller?.abort(new ClientGone("the client went away"));
    }
    if (this.#lasting) this.shared.streams.remove(this);
    this.shared.observer.finished(this);
  }
}

/** An answer instead of the upstream's, with the cookies of a session that has been stored already. */
function withCookies(answer: RouteResponse, cookies: readonly string[]): RouteResponse {
  if (cookies.length === 0) return answer;
  return { ...answer, headers: [...answer.headers, ...cookies.map((line) => ["set-cookie", line] as const)] };
}

function flush(response: ServerResponse): void {
  if (!response.writableEnded && !response.destroyed) response.flushHeaders();
}
