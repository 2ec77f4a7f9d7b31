/** Takes every public request: reads it, finds its route, authenticates its caller, and forwards or rejects it. */
import type { IncomingMessage } from "node:http";
import { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { TrustedPeers } from "coatcheck/address";
import type { RouteResponse } from "coatcheck/contracts";
import { CoatcheckError } from "coatcheck/errors";
import { CheckEndpoint } from "../check/check-endpoint.ts";
import type { Settings } from "../config/config.ts";
import type { Observer, Outcome } from "../observe/observer.ts";
import { stopwatch, tellFailure } from "../observe/observer.ts";
import { headerOf } from "../request/client-request.ts";
import type { IncomingRequest, Refusal, RequestIntake } from "../request/intake.ts";
import { finished, hasUnreadBody, isPreflight, receive, refusal } from "../request/intake.ts";
import type { PublicOrigin } from "../request/origin.ts";
import { PublicOrigins } from "../request/origin.ts";
import { GatewayRequest } from "../request/own-request.ts";
import { problemOf, send } from "../response/response.ts";
import type { Admission, Ask, Rejected, SessionLayer } from "../session/interface.ts";
import { tokenRefusal } from "../session/tokens/own-tokens.ts";
import type { ConnectionUse } from "../upstream/connections/connection-limit.ts";
import { ProxyExchange } from "../upstream/exchange.ts";
import { normalisedName } from "../upstream/headers/header-rule.ts";
import { identityHeaderMaker } from "../upstream/headers/identity-headers.ts";
import { askForBody } from "../upstream/interim.ts";
import { OpenStreams } from "../upstream/open-streams.ts";
import type { ProxyContext, ProxyRequest } from "../upstream/proxy-request.ts";
import type { Route } from "../upstream/route.ts";
import { openRoute, tokenFor } from "../upstream/route.ts";
import { answerHandshake, UpgradeExchange } from "../upstream/upgrade.ts";
import { barredFrom } from "./barred.ts";
import { isUnder, RouteTable } from "./routing.ts";

const NOTHING_EARLY = Buffer.alloc(0);

/** The dispatcher of all public requests and handshakes. */
export class RequestDispatcher {
  readonly #prefix: string;
  readonly #sessions: SessionLayer;
  readonly #observer: Observer;
  readonly #intake: RequestIntake;
  readonly #routes: readonly Route[];
  readonly #table: RouteTable<Route>;
  readonly #context: ProxyContext;
  readonly #checks: CheckEndpoint;
  readonly #barred: ReturnType<typeof barredFrom>;
  #draining = false;

  constructor(settings: Settings, sessions: SessionLayer, observer: Observer) {
    const origins = new PublicOrigins(settings.publicUrl);
    const { isOwnCookie } = sessions;
    this.#prefix = settings.prefix;
    this.#sessions = sessions;
    this.#observer = observer;
    this.#intake = {
      origins,
      peers: new TrustedPeers(settings.trustedProxies, "trustedProxies"),
      family: settings.clientAddress,
      limits: settings.limits,
      isOwnCookie,
      hidden: new Set(sessions.proxyHeaders.map(normalisedName)),
    };
    const told = identityHeaderMaker(settings);
    this.#routes = settings.upstreams.map((upstream, place) => openRoute(upstream, place, settings, told));
    this.#table = new RouteTable(
      this.#routes,
      origins.all.map(({ host }) => host),
    );
    const streams = new OpenStreams(sessions.watchSession, observer);
    this.#context = {
      ...{ isOwnCookie, observer, streams, bodyLimit: settings.limits.body },
      answerFailure: sessions.answerFailure,
      isDraining: () => this.#draining,
    };
    const { prefix } = settings;
    this.#barred = barredFrom(sessions, observer);
    this.#checks = new CheckEndpoint({ prefix, sessions, intake: this.#intake, observer, isDraining: () => this.#draining });
  }

  /** The WebSockets and event streams that are open. */
  get streams(): OpenStreams {
    return this.#context.streams;
  }

  get connections(): readonly ConnectionUse[] {
    return this.#routes.map(({ limit }) => limit.use);
  }

  /** From now on connections close with their answer. */
  drain(): void {
    this.#draining = true;
  }

  /** Cuts the streams and closes the connections to upstreams. */
  async close(): Promise<void> {
    this.streams.cutAll();
    await Promise.all(this.#routes.flatMap(({ pool, handshakes }) => [pool.destroy(), handshakes.destroy()]));
  }

  /** A request, also one that expects 100-continue: the expectation is met when the request may pass. */
  handle(message: IncomingMessage, response: ServerResponse): void {
    if (this.#checks.owns(message)) {
      this.#checks.answer(message, response);
      return;
    }
    const incoming = receive(message, this.#intake);
    if (incoming.kind === "refusal") {
      this.#answer(message, response, incoming);
      return;
    }
    if (isUnder(incoming.path, this.#prefix)) {
      void this.#serveOwn(incoming, response);
      return;
    }
    const route = this.#routeOf(incoming);
    if (route.kind === "refusal") {
      this.#answer(message, response, route);
      return;
    }
    this.#pass(incoming, route, response, NOTHING_EARLY);
  }

  /** A request to switch protocols: WebSockets pass, everything else is refused (PX-02). */
  upgrade(message: IncomingMessage, socket: Duplex, early: Buffer): void {
    socket.on("error", () => socket.destroy());
    // Some proxies ask about a handshake with a handshake; the question is answered as any other.
    if (this.#checks.owns(message)) {
      this.#checks.answer(message, socket);
      return;
    }
    const incoming = receive(message, this.#intake);
    if (incoming.kind === "refusal") {
      this.#answer(message, socket, incoming);
      return;
    }
    const { origin } = incoming;
    const protocol = (headerOf(message.rawHeaders, "upgrade") ?? "").trim().toLowerCase();
    const isHandshake = protocol === "websocket" && message.method === "GET" && message.httpVersion === "1.1";
    if (!isHandshake || incoming.head.hasBody || this.#draining) {
      this.#answer(message, socket, refusal("ERR_BAD_REQUEST", "malformed", origin));
      return;
    }
    const own = isUnder(incoming.path, this.#prefix);
    const route = own ? refusal("ERR_NOT_FOUND", "unrouted", origin) : this.#routeOf(incoming);
    if (route.kind === "refusal") {
      this.#answer(message, socket, route);
      return;
    }
    // A page elsewhere can open a socket with the user's cookies; nothing but this check stands in its way (CS-07).
    const from = headerOf(message.rawHeaders, "origin");
    if (route.access !== "public" && from !== undefined && !this.#intake.origins.includes(from)) {
      this.#answer(message, socket, refusal("ERR_CROSS_SITE", "forbidden", origin));
      return;
    }
    this.#pass(incoming, route, socket, early);
  }

  #routeOf({ path, origin, head }: IncomingRequest): Route | Refusal {
    const route = this.#table.find(origin.host, path);
    if (route === undefined) return refusal("ERR_NOT_FOUND", "unrouted", origin);
    if (route === "ambiguous") return refusal("ERR_BAD_REQUEST", "malformed", origin);
    const limit = this.#context.bodyLimit;
    if (limit > 0 && head.length !== undefined && Number(head.length) > limit)
      return refusal("ERR_BODY_TOO_LARGE", "too-large", origin);
    return route;
  }

  /** Authenticates the caller, then forwards or rejects the request. */
  #pass(incoming: IncomingRequest, route: Route, to: ServerResponse | Duplex, early: Buffer): void {
    if (route.access === "public" || (route.preflight && isPreflight(incoming.message))) {
      this.#forward({ incoming, route, admission: null, accessToken: undefined }, to, early);
      return;
    }
    try {
      const result = this.#sessions.authenticate(incoming, askFor(route, incoming.origin));
      if (result instanceof Promise) {
        result
          .then((settled) => this.#admit(incoming, route, settled, to, early))
          .catch((error: unknown) => this.#failed(incoming, to, error));
      } else {
        this.#admit(incoming, route, result, to, early);
      }
    } catch (error) {
      this.#failed(incoming, to, error);
    }
  }

  #admit(
    incoming: IncomingRequest,
    route: Route,
    result: Admission | Rejected,
    to: ServerResponse | Duplex,
    early: Buffer,
  ): void {
    if (result.kind === "rejected") {
      this.#answer(
        incoming.message,
        to,
        { answer: result.response, outcome: "rejected", origin: incoming.origin },
        incoming.started,
      );
      return;
    }
    const refused = tokenRefusal(route.needs, result.identity, result.via) ?? this.#barred(incoming, route, result);
    if (refused !== undefined) {
      this.#forbid(incoming, to, result, refused).catch((error: unknown) => this.#failed(incoming, to, error));
      return;
    }
    const token = tokenFor(route, result);
    if (token === undefined) {
      this.#forward({ incoming, route, admission: result, accessToken: undefined }, to, early);
    } else {
      Promise.resolve(token)
        .then((accessToken) => this.#forward({ incoming, route, admission: result, accessToken }, to, early))
        .catch((error: unknown) => this.#failed(incoming, to, error, askFor(route, incoming.origin).mayLogin));
    }
  }

  #forward(request: ProxyRequest, to: ServerResponse | Duplex, early: Buffer): void {
    if (to instanceof ServerResponse) {
      if (request.incoming.head.expects !== undefined) askForBody(request.incoming.message, to);
      new ProxyExchange(this.#context, request, to).start();
      return;
    }
    const { incoming, admission } = request;
    if (admission !== null && admission.identity !== null && incoming.header("origin") === undefined) {
      this.#answer(incoming.message, to, refusal("ERR_CROSS_SITE", "forbidden", incoming.origin));
      return;
    }
    new UpgradeExchange(this.#context, request, to).start(early);
  }

  /** Signed in, and not one of those who may: 403, which settles the session as every other answer does. */
  async #forbid(
    { message, origin, started }: IncomingRequest,
    to: ServerResponse | Duplex,
    admission: Admission,
    answer: RouteResponse,
  ): Promise<void> {
    const cookies = await admission.settle(answer.status);
    const headers = [...answer.headers, ...cookies.map((cookie) => ["set-cookie", cookie] as const)];
    this.#answer(message, to, { answer: { ...answer, headers }, outcome: "forbidden", origin }, started);
  }

  async #serveOwn(incoming: IncomingRequest, response: ServerResponse): Promise<void> {
    const { message, origin, head, started } = incoming;
    try {
      if (head.expects !== undefined) askForBody(message, response);
      const answer = await this.#sessions.endpoints(new GatewayRequest(incoming, this.#prefix));
      this.#answer(message, response, { answer: answer ?? problemOf("ERR_NOT_FOUND"), outcome: "own", origin }, started);
    } catch (error) {
      this.#failed(incoming, response, error);
    }
  }

  /** Every promise of a request ends here, so nothing in here throws: what cannot be answered is cut off. */
  #failed(incoming: IncomingRequest, to: ServerResponse | Duplex, error: unknown, mayLogin = false): void {
    const { message, origin, started } = incoming;
    const answer = this.#sessions.answerFailure(error, incoming, mayLogin);
    tellFailure(this.#observer, error, answer.status);
    try {
      this.#answer(message, to, { answer, outcome: outcomeOf(answer), origin }, started);
    } catch (unanswerable) {
      this.#observer.notice("request.failed", { error: unanswerable });
      to.destroy();
    }
  }

  /** Answers for the gateway itself, on a response or on the bare socket of a handshake. */
  #answer(
    message: IncomingMessage,
    to: ServerResponse | Duplex,
    { answer, outcome, origin }: Omit<Refusal, "kind">,
    started = stopwatch(),
  ): void {
    const https = origin?.scheme === "https";
    if (to instanceof ServerResponse)
      send(to, answer, { https, close: this.#draining || hasUnreadBody(message), method: message.method });
    else answerHandshake(message, to, answer, https);
    finished(this.#observer, message, { status: answer.status, outcome, started });
  }
}

/** How an answer to something that went wrong is counted: whose mistake it was. */
function outcomeOf({ status }: RouteResponse): Outcome {
  if (status === 503) return "unavailable";
  if (status >= 500) return "failed";
  if (status === 401 || status < 400) return "rejected";
  return status === 413 ? "too-large" : "malformed";
}

/** What the session layer is asked. That there is no question is no pass. */
function askFor(route: Route, { origin }: PublicOrigin): Ask {
  const ask = route.asks.get(origin);
  if (ask === undefined) throw new CoatcheckError("ERR_INTERNAL");
  return ask;
}
