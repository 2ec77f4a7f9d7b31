/** Requests of `node:http`, for frameworks that write their answer into a `ServerResponse`: Express, plain Node. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  Decision,
  Engine,
  Exchange,
  MaybePromise,
  Policy,
  Report,
  Session,
  Settlement,
  SignedInSession,
} from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { andThen } from "../core/maybe.ts";
import { keepFromCaches } from "../engine/request/no-store.ts";
import { UNCHANGED } from "../engine/request/settlement.ts";
import { NodeRequest, writeAnswer } from "./node-request.ts";
import { hold } from "./response-hold.ts";
import { signedIn } from "./signed-in.ts";
import { type RequireUser, userPolicy } from "./user-policy.ts";

const LOCKED = "requireUser() keeps everybody from the login: web.routes() comes before it";
const ANYONE: Policy = { require: "none" };

type Next = (error?: unknown) => void;

const CARRIED: unique symbol = Symbol("coatcheck");

/** An exchange, and whose it is: an app may have several `auth`. */
interface Carried<Data> {
  readonly by: NodeEngine<Data>;
  readonly exchange: Exchange<Data>;
  readonly before: Carried<Data> | undefined;
}

// A `WeakMap` would do, but costs the garbage collector more than all else that is done for a request.
type Carrier<Data> = IncomingMessage & { [CARRIED]?: Carried<Data> | undefined };

/**
 * The engine of an `auth` for `IncomingMessage` and `ServerResponse`. The response is held back from the first intent
 * on, until the store has answered.
 */
export class NodeEngine<Data> {
  readonly #engine: Engine<Data>;

  constructor(engine: Engine<Data>) {
    this.#engine = engine;
  }

  /** Opens the request's exchange, then calls `next`; or answers instead. */
  open(request: Carrier<Data>, response: ServerResponse, next: Next): void {
    const view = new NodeRequest(request, this.#engine.origins);
    const carry = (exchange: Exchange<Data> | null): void => {
      if (exchange === null) return;
      request[CARRIED] = { by: this, exchange, before: request[CARRIED] };
      next();
    };
    const opened = this.#engine.owns(view.target) ? this.#openOwn(view, response) : this.#enter(view, response);
    if (opened instanceof Promise) opened.then(carry).catch(next);
    else carry(opened);
  }

  /**
   * The exchange of a request to one of our own endpoints, for what the app has in front of these: each of them admits
   * and settles by its own rules.
   */
  #openOwn(view: NodeRequest, response: ServerResponse): MaybePromise<Exchange<Data>> {
    const prepare = (exchange: Exchange<Data>): Exchange<Data> => {
      exchange.answer = response;
      exchange.onIntent = () => this.#hold(exchange, response, (status) => this.#settleOwn(exchange, response, status));
      return exchange;
    };
    const opened = this.#engine.open(view);
    return opened instanceof Promise ? opened.then(prepare) : prepare(opened);
  }

  /**
   * What the app recorded, if the endpoint did not settle it: it looks no user up, or the app answered instead.
   */
  async #settleOwn(exchange: Exchange<Data>, response: ServerResponse, status: number): Promise<Settlement> {
    if (exchange.closed) return UNCHANGED;
    const decision = await exchange.admit(ANYONE);
    if (decision.kind === "proceed") return exchange.settle(status, this.#wrote(response));
    const code = "code" in decision ? decision.code : "ERR_UNAUTHENTICATED";
    return { cookies: [], refusal: new CoatcheckError(code) };
  }

  /**
   * Enters a request that is for none of our own endpoints. Answers its exchange; `null` if it was answered instead of
   * the handler.
   */
  enter(request: IncomingMessage, response: ServerResponse): MaybePromise<Exchange<Data> | null> {
    return this.#enter(new NodeRequest(request, this.#engine.origins), response);
  }

  #enter(view: NodeRequest, response: ServerResponse): MaybePromise<Exchange<Data> | null> {
    const entered = this.#engine.enter(view, ANYONE);
    return entered instanceof Promise
      ? entered.then((exchange) => this.#entered(exchange, response))
      : this.#entered(entered, response);
  }

  #entered(exchange: Exchange<Data>, response: ServerResponse): Exchange<Data> | null {
    if (!this.#heeds(exchange, exchange.decision, response)) return null;
    exchange.answer = response;
    const put = (): void => this.#hold(exchange, response, (status) => exchange.settle(status, this.#wrote(response)));
    // A dead ticket can wait to be cleared if the answer has begun before us; intent cannot.
    if (exchange.pending && !response.headersSent) put();
    else exchange.onIntent = put;
    if (exchange.touchDue) response.once("close", () => exchange.touch(response.headersSent ? response.statusCode : 499));
    return exchange;
  }

  #hold(exchange: Exchange<Data>, response: ServerResponse, settle: (status: number) => MaybePromise<Settlement>): void {
    hold(
      response,
      settle,
      (refusal) => exchange.answerFailure(refusal),
      // Nothing is lost that was asked for; what is recorded afterwards is refused, as the head has left.
      () => {
        if (exchange.recorded) return false;
        exchange.onIntent = () => this.#hold(exchange, response, settle);
        return true;
      },
    );
  }

  /** Whether the handler has set the session's cookie itself. */
  #wrote(response: ServerResponse): boolean {
    const lines = response.getHeader("set-cookie") ?? [];
    const begins = `${this.#engine.sessionCookie}=`;
    return [lines].flat().some((line) => String(line).startsWith(begins));
  }

  #letsUserIf(exchange: Exchange<Data>, decision: Decision, response: ServerResponse): boolean {
    if (!this.#heeds(exchange, decision, response)) return false;
    keepFromCaches(response);
    return true;
  }

  #heeds(exchange: Exchange<Data>, decision: Decision, response: ServerResponse): boolean {
    if (decision.kind === "proceed") return true;
    andThen(exchange.turnAway(decision), (answer) => writeAnswer(response, answer));
    return false;
  }

  /** What a route asks of its user; `undefined`: an authenticated user. */
  policyOf(given?: RequireUser): Policy {
    return userPolicy(given, this.#engine);
  }

  /** Lets only authenticated users pass. */
  requireUser(policy: Policy, request: IncomingMessage, response: ServerResponse, next: Next): void {
    const exchange = this.#exchange(request);
    if (this.owns(request) && exchange.decide({ ...policy, sensitive: false }).kind === "login") throw new TypeError(LOCKED);
    const lets = this.admitsUser(exchange, response, policy);
    if (lets instanceof Promise) lets.then((passes) => (passes ? next() : undefined)).catch(next);
    else if (lets) next();
  }

  /** {@link letsUser}, also for a policy that asks the store first, as a sensitive route's does. */
  admitsUser(exchange: Exchange<Data>, response: ServerResponse, policy: Policy): MaybePromise<boolean> {
    return andThen(exchange.admit(policy), (decision) => this.#letsUserIf(exchange, decision, response));
  }

  /**
   * Whether the caller is authenticated; others are answered. What users are shown is for no cache, unless the handler
   * says otherwise.
   */
  letsUser(exchange: Exchange<Data>, response: ServerResponse, policy: Policy): boolean {
    return this.#letsUserIf(exchange, exchange.decide(policy), response);
  }

  /** Answers requests to our own endpoints, passes on all others. */
  serve(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const view = new NodeRequest(request, this.#engine.origins);
    if (!this.#engine.owns(view.target)) {
      next();
      return;
    }
    this.#engine.serve(view, this.#carried(request)).then(
      (answer) => writeAnswer(response, answer),
      (error: unknown) => this.fail(error, request, response, next),
    );
  }

  /** What the handler threw: keeps only `logout`; answers errors that have a code of ours, passes on all others. */
  fail(error: unknown, request: IncomingMessage, response: ServerResponse, next: Next): void {
    this.failIn(this.#carried(request) ?? null, error, response, next);
  }

  /** The same for a handler whose exchange is at hand; `null`: it had none yet. */
  failIn(exchange: Exchange<Data> | null, error: unknown, response: ServerResponse, next: Next): void {
    exchange?.fail();
    if (!(error instanceof CoatcheckError) || response.headersSent) {
      next(error);
      return;
    }
    const view = exchange?.request ?? new NodeRequest(response.req, this.#engine.origins);
    writeAnswer(response, this.#engine.answerThrown(error, view));
  }

  /** Reports an event to the app's `on`. */
  get report(): Report {
    return this.#engine.report;
  }

  /** Whether the request is to one of our own endpoints. */
  owns(request: IncomingMessage): boolean {
    return this.#engine.owns(request.url ?? "/");
  }

  /** Whether the request has an exchange. */
  has(request: IncomingMessage): boolean {
    return this.#carried(request) !== undefined;
  }

  session(request: IncomingMessage): Session<Data> {
    return this.#exchange(request).session;
  }

  /** The session of an authenticated user. Throws `ERR_UNAUTHENTICATED` for an anonymous caller. */
  user(request: IncomingMessage): SignedInSession<Data> {
    return signedIn(this.#exchange(request).session);
  }

  #exchange(request: IncomingMessage): Exchange<Data> {
    const exchange = this.#carried(request);
    if (exchange === undefined) throw new TypeError("session() has not seen this request: app.use(web.session()) comes first");
    return exchange;
  }

  #carried(request: Carrier<Data>): Exchange<Data> | undefined {
    let carried = request[CARRIED];
    while (carried !== undefined && carried.by !== this) carried = carried.before;
    return carried?.exchange;
  }
}
