import type { IncomingMessage, ServerResponse } from "node:http";
import type { Policy, Session, SignedInSession } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { answerDecision, answerProblem } from "./answers.ts";
import type { Engine } from "./engine.ts";
import type { Exchange } from "./exchange.ts";
import { hold } from "./hold.ts";
import { NodeRequest, writeAnswer } from "./node-request.ts";
import { isSignedIn } from "./signed-in.ts";

const ANYBODY: Policy = { require: "nobody" };
const SOMEBODY: Policy = { require: "user" };

type Next = (error?: unknown) => void;

const CARRIED: unique symbol = Symbol("coatcheck");

/** An exchange, and whose it is: an app may have several `auth`. */
interface Carried<Data> {
  readonly by: Push<Data>;
  readonly exchange: Exchange<Data>;
  readonly before: Carried<Data> | undefined;
}

// A `WeakMap` would do, but costs the garbage collector more than all else that is done for a request.
type Carrier<Data> = IncomingMessage & { [CARRIED]?: Carried<Data> | undefined };

/** The engine for frameworks that push their answer into a `ServerResponse`: plain `node:http`, Express. */
export class Push<Data> {
  readonly #engine: Engine<Data>;

  constructor(engine: Engine<Data>) {
    this.#engine = engine;
  }

  /** Opens the request's exchange, then calls `next`; or answers in its place. Our own endpoints open theirs themselves. */
  open(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const view = new NodeRequest(request, this.#engine.options.origins.own);
    if (this.#engine.owns(view.target)) {
      next();
      return;
    }
    const opened = this.#engine.open(view);
    if (opened instanceof Promise) opened.then((exchange) => this.#enter(exchange, request, response, next)).catch(next);
    else this.#enter(opened, request, response, next);
  }

  #enter(exchange: Exchange<Data>, request: Carrier<Data>, response: ServerResponse, next: Next): void {
    const decision = exchange.decide(ANYBODY);
    if (decision.kind !== "proceed") {
      writeAnswer(response, answerDecision(decision, exchange.request, this.#engine.options));
      return;
    }
    request[CARRIED] = { by: this, exchange, before: request[CARRIED] };
    const put = (): void => hold(response, (status) => exchange.settle(status));
    // A dead ticket can wait to be cleared where the answer has begun before us; intent cannot.
    if (exchange.pending && !response.headersSent) put();
    else exchange.onIntent = put;
    if (exchange.touchDue) response.once("close", () => exchange.touch(response.headersSent ? response.statusCode : 499));
    next();
  }

  /** Lets only somebody signed in pass. What they are shown is for no cache, unless the handler says otherwise. */
  requireUser(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const exchange = this.#exchange(request);
    const decision = exchange.decide(SOMEBODY);
    if (decision.kind !== "proceed") {
      writeAnswer(response, answerDecision(decision, exchange.request, this.#engine.options));
      return;
    }
    if (!response.headersSent && !response.hasHeader("cache-control")) response.setHeader("cache-control", "no-store");
    next();
  }

  /** Answers requests to our own endpoints, passes on all others. */
  serve(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const view = new NodeRequest(request, this.#engine.options.origins.own);
    if (!this.#engine.owns(view.target)) {
      next();
      return;
    }
    this.#engine.serve(view).then(
      (answer) => writeAnswer(response, answer),
      (error: unknown) => this.fail(error, request, response, next),
    );
  }

  /** What the handler threw: keeps only `logout`; answers errors that have a code of ours, passes on all others. */
  fail(error: unknown, request: IncomingMessage, response: ServerResponse, next: Next): void {
    this.#carried(request)?.fail();
    if (!(error instanceof CoatcheckError) || response.headersSent) {
      next(error);
      return;
    }
    writeAnswer(response, answerProblem(error.code, [], error.retryAfter));
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

  /** The session of somebody signed in. Throws `ERR_UNAUTHENTICATED` where nobody is. */
  user(request: IncomingMessage): SignedInSession<Data> {
    const { session } = this.#exchange(request);
    if (!isSignedIn(session)) throw new CoatcheckError("ERR_UNAUTHENTICATED");
    return session;
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
