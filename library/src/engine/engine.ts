import type { Decision, MaybePromise, Policy, RequestView, Route, RouteRequest, RouteResponse } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { then } from "../core/maybe.ts";
import type { Observed } from "./request/authenticate/authenticate.ts";
import { observe } from "./request/authenticate/authenticate.ts";
import { Exchange } from "./request/exchange.ts";
import type { EngineOptions } from "./request/options.ts";
import { unseenLogout } from "./request/refused-logout.ts";
import { answerDecision, answerFailure, answerProblem, answerThrown, withCookies } from "./request/responses.ts";

const NOBODY: Observed = { verdict: { kind: "abstain" }, by: null };

/**
 * Drives all I/O of a request. Adapters and the gateway open an exchange with it, and settle that when the response's
 * head is ready.
 */
export class Engine<Data> {
  readonly options: EngineOptions<Data>;
  readonly #routes: ReadonlyMap<string, readonly Route[]>;

  constructor(options: EngineOptions<Data>) {
    this.options = options;
    const routes = new Map<string, Route[]>();
    for (const route of options.routes) {
      const path = `${options.prefix}/${route.path}`;
      routes.set(path, [...(routes.get(path) ?? []), route]);
    }
    this.#routes = routes;
  }

  /**
   * Authenticates the caller and admits the request: answers the exchange, whose `decision` says what is to be done.
   * Synchronous if strategies and store are.
   */
  enter(request: RequestView, policy: Policy): MaybePromise<Exchange<Data>> {
    return then(this.open(request), admitted, policy);
  }

  /** Authenticates the caller, and decides nothing: for what admits later, or by several policies. */
  open(request: RequestView): MaybePromise<Exchange<Data>> {
    const { chain, store, clock, report } = this.options;
    const now = clock.now();
    const observed = observe(chain, { request, store, now, clock, report });
    return observed instanceof Promise
      ? observed.then((found) => new Exchange(this.options, request, now, found))
      : new Exchange(this.options, request, now, observed);
  }

  /** An exchange in which nobody was looked up: for what is served in an outage too. */
  openUnseen(request: RequestView): Exchange<Data> {
    return new Exchange(this.options, request, this.options.clock.now(), NOBODY);
  }

  /** The answer that a decision gives in the handler's place. Never sets or clears a cookie. */
  answer(decision: Exclude<Decision, { kind: "proceed" }>, request: RequestView): RouteResponse {
    return answerDecision(decision, request, this.options);
  }

  /** The answer to an error with a code of ours: a page for a navigation in an outage, else the problem document. */
  answerFailure(error: Pick<CoatcheckError, "code" | "retryAfter">, request: RequestView): RouteResponse {
    return answerFailure(error, request, this.options);
  }

  /** The same to an error that was thrown on the way: a navigation whose session is over goes to the login. */
  answerThrown(error: Pick<CoatcheckError, "code" | "retryAfter">, request: RequestView): RouteResponse {
    return answerThrown(error, request, this.options);
  }

  /** Whether the target is one of our own endpoints; these open their exchange themselves. */
  owns(target: string): boolean {
    return target.startsWith(this.options.prefix) && this.#routesAt(target) !== undefined;
  }

  /**
   * Answers a request to one of our own endpoints. `opened`: its exchange, where others have asked for the session
   * before; an endpoint that looks nobody up leaves that one alone.
   */
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

  async #run(route: Route, request: RouteRequest, opened?: Exchange<Data>): Promise<RouteResponse> {
    const looksUp = typeof route.lookup === "function" ? route.lookup(request) : route.lookup;
    const exchange = looksUp ? (opened ?? (await this.open(request))) : this.openUnseen(request);
    const decision = await exchange.admit({
      require: "none",
      crossSite: route.crossSite ?? false,
      renews: route.renews ?? false,
    });
    // Where a proxy's word cannot be used the session is nobody's to end.
    const looked = decision.kind === "unavailable" && exchange.by === this.options.chain.session.name;
    const unseen = looked && route.signsOut === true ? unseenLogout(request, this.options) : null;
    if (unseen !== null) {
      return withCookies(answerFailure(new CoatcheckError(unseen.code), request, this.options), unseen.cookies);
    }
    if (decision.kind === "unavailable" && route.refused !== undefined) return route.refused(request, decision.code);
    if (decision.kind !== "proceed") return exchange.refuse(decision);
    const response = await route.endpoint(request, exchange);
    const settlement = await exchange.settle(response.status);
    const { refusal, cookies } = settlement;
    if (refusal !== null) {
      return withCookies(
        (await route.refused?.(request, refusal.code)) ?? answerFailure(refusal, request, this.options),
        cookies,
      );
    }
    exchange.stored();
    if (route.touches) exchange.touchPresence(response.status);
    return withCookies(response, cookies);
  }
}

function admitted<Data>(exchange: Exchange<Data>, policy: Policy): MaybePromise<Exchange<Data>> {
  return then(exchange.admit(policy), decided, exchange);
}

const decided = <Data>(_: Decision, exchange: Exchange<Data>): Exchange<Data> => exchange;

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}
