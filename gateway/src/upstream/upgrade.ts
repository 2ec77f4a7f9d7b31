/** One proxied WebSocket handshake and its tunnel. */
import type { IncomingMessage } from "node:http";
import { ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { RouteResponse } from "coatcheck/contracts";
import type { Dispatcher } from "undici";
import type { Finished, Outcome } from "../observe/observer.ts";
import { stopwatch } from "../observe/observer.ts";
import { problemOf, problemOfError, send } from "../response/response.ts";
import { hangUp } from "../server/lingering-close.ts";
import { Slot } from "./connections/connection-limit.ts";
import { ClientGone } from "./failures.ts";
import type { AnswerHeaders } from "./headers/response-head.ts";
import { answerHead } from "./headers/response-head.ts";
import type { OpenStream } from "./open-streams.ts";
import type { ProxyContext, ProxyRequest } from "./proxy-request.ts";
import { upstreamHeaders } from "./proxy-request.ts";
import { UpstreamExchange } from "./upstream-exchange.ts";

/**
 * Joins a client's socket and an upstream's: bytes go both ways with backpressure, and an end or a failure of one
 * reaches the other.
 */
function join(client: Duplex, upstream: Duplex): void {
  const endBoth = (): void => {
    client.destroy();
    upstream.destroy();
  };
  client.on("error", endBoth);
  upstream.on("error", endBoth);
  client.on("close", () => upstream.destroy());
  upstream.on("close", () => client.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
}

/** One WebSocket handshake to an upstream, and the sockets that come of it. */
export class UpgradeExchange extends UpstreamExchange implements Dispatcher.DispatchHandler, Finished, OpenStream {
  status = 0;
  readonly #socket: Duplex;
  readonly #slot: Slot;
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #upstreamSocket: Duplex | undefined = undefined;
  /** The upstream's answer if it refuses the handshake. */
  #refusal: ServerResponse | undefined = undefined;

  constructor(shared: ProxyContext, request: ProxyRequest, socket: Duplex) {
    super(shared, request);
    this.#socket = socket;
    this.#slot = new Slot(request.route.limit, { go() {}, tooLate() {} });
  }

  /** Sends the handshake. `early` are bytes that the client sent behind it. */
  start(early: Buffer): void {
    const { route, incoming } = this.request;
    if (early.length > 0) this.#socket.unshift(early);
    // Gone while it waited for its admission: nothing tells of that any more.
    if (this.#socket.destroyed) {
      this.#closed();
      return;
    }
    if (!this.#slot.takeStream()) {
      this.shared.observer.notice("upstream.busy", { upstream: this.upstream });
      this.#refuse(problemOf("ERR_UPSTREAM_BUSY"), "upstream-busy");
      this.#closed();
      return;
    }
    this.shared.streams.add(this);
    this.#socket.once("close", () => this.#closed());
    this.#socket.on("error", () => this.#socket.destroy());
    const headers = upstreamHeaders(this.request, (what) => this.leftOut(what));
    route.handshakes.dispatch({ ...route.sending, path: incoming.target, method: "GET", headers, upgrade: "websocket" }, this);
  }

  cut(): void {
    this.#upstreamSocket?.destroy();
    this.#socket.destroy();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#socket.destroyed) controller.abort(new ClientGone("the client went away"));
  }

  onRequestUpgrade(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders, upstream: Duplex): void {
    this.answered = stopwatch();
    this.#upstreamSocket = upstream;
    upstream.on("error", () => upstream.destroy());
    if (this.#socket.destroyed) {
      upstream.destroy();
      return;
    }
    const { admission } = this.request;
    if (admission === null) {
      this.#open(status, headers, []);
      return;
    }
    Promise.resolve(admission.settle(status))
      .then((cookies) => this.#open(status, headers, cookies))
      .catch((error: unknown) => {
        upstream.destroy();
        this.#refuse(problemOfError(error), "unavailable");
      });
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status < 200) return;
    this.answered = stopwatch();
    this.#refusal = responseOn(this.request.incoming.message, this.#socket);
    this.#refusal.writeHead(status, answerHead(headers, [], false, this, status).concat("connection", "close"));
    this.status = status;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#refusal === undefined || this.#refusal.write(chunk)) return;
    controller.pause();
    // Of the socket: Node, which has let go of it, tells the response nothing.
    this.#socket.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    this.#slot.free();
    this.#refusal?.end(() => hangUp(this.#socket));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#slot.free();
    if (this.#socket.destroyed || error instanceof ClientGone) return;
    if (this.#refusal !== undefined) {
      this.#socket.destroy();
      return;
    }
    this.#refuse(...this.failed(error));
  }

  #open(status: number, headers: AnswerHeaders, cookies: readonly string[]): void {
    const upstream = this.#upstreamSocket;
    if (upstream === undefined || this.#socket.destroyed) {
      upstream?.destroy();
      return;
    }
    const flat = answerHead(headers, cookies, false, this);
    let head = `HTTP/1.1 ${status} Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n`;
    for (let index = 0; index < flat.length; index += 2) head += `${flat[index]}: ${flat[index + 1]}\r\n`;
    this.#socket.write(`${head}\r\n`, "latin1");
    this.status = status;
    this.outcome = "upgraded";
    join(this.#socket, upstream);
  }

  #refuse(answer: RouteResponse, outcome: Outcome): void {
    this.outcome = outcome;
    this.status = answer.status;
    const { message, origin } = this.request.incoming;
    answerHandshake(message, this.#socket, answer, origin.scheme === "https");
  }

  #closed(): void {
    this.shared.streams.remove(this);
    if (this.status === 0 && this.outcome === "proxied") this.outcome = "client-gone";
    this.#controller?.abort(new ClientGone("the client went away"));
    // One that was dispatched is undici's until undici says so, or has handed its connection over.
    if (this.#upstreamSocket !== undefined) this.#slot.free();
    this.#upstreamSocket?.destroy();
    this.shared.observer.finished(this);
  }
}

/** A response on a socket that Node has already let go of. */
function responseOn(message: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(message);
  response.shouldKeepAlive = false;
  // Node types this for TCP sockets, and writes to any duplex.
  if (socket instanceof Socket) response.assignSocket(socket);
  return response;
}

/** Answers a handshake that goes no further, or whose answer is a plain one. */
export function answerHandshake(message: IncomingMessage, socket: Duplex, answer: RouteResponse, https: boolean): void {
  if (socket.destroyed) return;
  const response = responseOn(message, socket);
  response.once("finish", () => hangUp(socket));
  send(response, answer, { https, close: true, method: message.method });
}
