/** Drives all I/O of a request: the door through which adapters and the gateway come. */
import type {
  Decision,
  EndReason,
  Engine,
  Exchange,
  Failure,
  MaybePromise,
  Policy,
  ProxyReader,
  Report,
  RequestView,
  Route,
  RouteRequest,
  RouteResponse,
} from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { andThen } from "../core/maybe.ts";
import type { Authenticated } from "./request/authenticate/authenticate.ts";
import { authenticate } from "./request/authenticate/authenticate.ts";
import { RequestExchange } from "./request/exchange.ts";
import type { EngineOptions } from "./request/options.ts";
import { unseenLogout } from "./request/refused-logout.ts";
import { answerDecision, answerFailure, answerProblem, answerThrown, withCookies } from "./request/responses.ts";

const ANONYMOUS: Authenticated = { verdict: { kind: "abstain" }, by: null };

let optionsIn: <Data>(engine: RequestEngine<Data>) => EngineOptions<Data>;

/** The engine behind the interface that adapters see: for `signIn`, and for this package's tests. */
export function engineIn<Data>(engine: Engine<Data>): RequestEngine<Data> {
  if (!(engine instanceof RequestEngine)) throw new TypeError("this is no engine of coatcheck()");
  return engine;
}

/** What it is made of: for the same. */
export const optionsOf = <Data>(engine: Engine<Data>): EngineOptions<Data> => optionsIn(engineIn(engine));

/** The engine that `coatcheck()` puts together. Its options, keyring included, are for this package alone. */
export class RequestEngine<Data> implements Engine<Data> {
  readonly #options: EngineOptions<Data>;
  readonly #routes: ReadonlyMap<string, readonly Route[]>;
  readonly origins: readonly string[];
  readonly sessionCookie: string;
  readonly strategies: readonly string[];

  constructor(options: EngineOptions<Data>) {
    this.#options = options;
    const { chain, cookies, origins, prefix } = options;
    this.origins = origins.own;
    this.sessionCookie = cookies.session.name;
    this.strategies = [chain.session.name, ...(chain.proxy === null ? [] : ["proxy"]), ...chain.explicit.map(({ name }) => name)];
    const routes = new Map<string, Route[]>();
    for (const route of options.routes) {
      const path = `${prefix}/${route.path}`;
      routes.set(path, [...(routes.get(path) ?? []), route]);
    }
    this.#routes = routes;
  }

  static {
    optionsIn = (engine) => engine.#options;
  }

  get proxy(): Pick<ProxyReader, "headers" | "proven"> | null {
    return this.#options.chain.proxy?.reader ?? null;
  }

  get report(): Report {
    return this.#options.report;
  }

  enter(request: RequestView, policy: Policy): MaybePromise<RequestExchange<Data>> {
    return andThen(this.open(request), admitted, policy);
  }

  open(request: RequestView): MaybePromise<RequestExchange<Data>> {
    const { chain, store, clock, report } = this.#options;
    const now = clock.now();
    const authenticated = authenticate(chain, { request, store, now, clock, report });
    return authenticated instanceof Promise
      ? authenticated.then((found) => new RequestExchange(this.#options, request, now, found))
      : new RequestExchange(this.#options, request, now, authenticated);
  }

  trusts(origin: string): boolean {
    const { own, trusted } = this.#options.origins;
    return own.includes(origin) || trusted.includes(origin);
  }

  isOwnCookie(name: string): boolean {
    return this.#options.cookies.isOurs(name);
  }

  watch(sessionId: string, onEnd: (reason: EndReason) => void): () => void {
    return this.#options.endings.watch(sessionId, onEnd);
  }

  answer(decision: Exclude<Decision, { kind: "proceed" }>, request: RequestView): RouteResponse {
    return answerDecision(decision, request, this.#options);
  }

  answerFailure(error: Failure, request: RequestView): RouteResponse {
    return answerFailure(error, request, this.#options);
  }

  answerThrown(error: Failure, request: RequestView): RouteResponse {
    return answerThrown(error, request, this.#options);
  }

  owns(target: string): boolean {
    return target.startsWith(this.#options.prefix) && this.#routesAt(target) !== undefined;
  }

  async serve(request: RouteRequest, opened?: Exchange<Data>): Promise<RouteResponse> {
    const candidates = this.#routesAt(request.target);
    if (candidates === undefined) return answerProblem("ERR_NOT_FOUND");
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = candidates.find((candidate) => candidate.method === method);
    if (route === undefined) {
      const allow = candidates.flatMap((candidate) => (candidate.method === "GET" ? ["GET", "HEAD"] : [candidate.method]));
      return answerProblem("ERR_METHOD_NOT_ALLOWED", [["allow", allow.join(", ")]]);
    }
    return this.#run(route, request, opened);
  }

  #routesAt(target: string): readonly Route[] | undefined {
    const path = pathOf(target);
    return this.#routes.get(path) ?? this.#routes.get(`${path.slice(0, path.lastIndexOf("/"))}/{id}`);
  }

  #exchangeOf(request: RequestView, opened: Exchange<Data> | undefined): MaybePromise<RequestExchange<Data>> {
    if (opened === undefined) return this.open(request);
    if (opened instanceof RequestExchange) return opened;
    throw new TypeError("serve() takes the exchange that open() answered");
  }

  /** The caller is not looked up: for what is served in an outage too. */
  #anonymous(request: RequestView): RequestExchange<Data> {
    return new RequestExchange(this.#options, request, this.#options.clock.now(), ANONYMOUS);
  }

  async #run(route: Route, request: RouteRequest, opened?: Exchange<Data>): Promise<RouteResponse> {
    const looksUp = typeof route.lookup === "function" ? route.lookup(request) : route.lookup;
    const exchange = looksUp ? await this.#exchangeOf(request, opened) : this.#anonymous(request);
    exchange.countsAsActivity = false;
    const decision = await exchange.admit({
      require: "none",
      crossSite: route.crossSite ?? false,
      refreshes: route.refreshes ?? false,
    });
    // If a proxy's assertion cannot be used, the session must not be ended.
    const looked = decision.kind === "unavailable" && exchange.by === this.#options.chain.session.name;
    const unseen = looked && route.signsOut === true ? unseenLogout(request, this.#options) : null;
    if (unseen !== null) {
      return withCookies(answerFailure(new CoatcheckError(unseen.code), request, this.#options), unseen.cookies);
    }
    if (decision.kind === "unavailable" && route.refused !== undefined) return route.refused(request, decision.code);
    if (decision.kind !== "proceed") return exchange.refuse(decision);
    const response = await route.endpoint(request, exchange);
    const settlement = await exchange.settle(response.status);
    const { refusal, cookies } = settlement;
    if (refusal !== null) {
      return withCookies(
        (await route.refused?.(request, refusal.code)) ?? answerFailure(refusal, request, this.#options),
        cookies,
      );
    }
    exchange.stored();
    const seen = route.touches ? exchange.touchPresence(response.status) : [];
    return withCookies(response, [...cookies, ...seen]);
  }
}

function admitted<Data>(exchange: RequestExchange<Data>, policy: Policy): MaybePromise<RequestExchange<Data>> {
  return exchange.admitted(policy);
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}
