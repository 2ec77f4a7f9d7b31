/** Coatcheck for plain `node:http`. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange, HasEngine, RequireUser, Session, SignedInSession } from "../adapter.ts";
import { hasEnded, NodeEngine, signedIn } from "../adapter.ts";

export type NodeHandler<Data> = (request: IncomingMessage, response: ServerResponse, session: Session<Data>) => unknown;

export interface NodeAdapter<Data> {
  /**
   * A listener for `http.createServer`: answers our own endpoints, gives every other request its session. What the
   * handler throws is answered with its code's status, else with 500, and reported as `background.failed`.
   *
   * @example
   * ```ts
   * const web = coatcheckNode(auth);
   * createServer(web.handler((request, response, session) => {
   *   session.update((data) => ({ ...data, visits: Number(data["visits"] ?? 0) + 1 }));
   *   response.end(`Hello ${session.identity?.subject ?? "stranger"}`);
   * })).listen(3000);
   * ```
   */
  handler(handle: NodeHandler<Data>): (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * The same for authenticated users; others get 401, or the login for a navigation.
   *
   * @example
   * ```ts
   * const web = coatcheckNode(auth);
   * const byCookie = { via: ["session"] }; // no bearer token
   * const report = web.userHandler((_request, response, { owner }) => response.end(`of ${owner}`), byCookie);
   * ```
   */
  userHandler(
    handle: (request: IncomingMessage, response: ServerResponse, session: SignedInSession<Data>) => unknown,
    options?: RequireUser,
  ): (request: IncomingMessage, response: ServerResponse) => void;
}

/**
 * Coatcheck for plain `node:http`.
 *
 * @example
 * ```ts
 * const web = coatcheckNode(auth);
 * createServer(web.userHandler((_request, response, session) => {
 *   response.end(`Hello ${session.claims["name"]}`);
 * })).listen(3000);
 * ```
 */
export function coatcheckNode<Data>(auth: HasEngine<Data>): NodeAdapter<Data> {
  const engine = new NodeEngine(auth.engine);
  // An exchange goes from hand to hand here: the usual request makes no closure that it does not need.
  type Enter = (exchange: Exchange<Data>, request: IncomingMessage, response: ServerResponse) => unknown;

  const fail = (exchange: Exchange<Data> | null, thrown: unknown, response: ServerResponse): void =>
    engine.failIn(exchange, thrown, response, (error) => {
      engine.report({ name: "background.failed", level: "error", reason: "handler", error });
      answerFailure(response);
    });

  const handle = (exchange: Exchange<Data> | null, request: IncomingMessage, response: ServerResponse, enter: Enter): void => {
    if (exchange === null) return;
    try {
      const result = enter(exchange, request, response);
      if (result instanceof Promise) result.catch((thrown: unknown) => fail(exchange, thrown, response));
    } catch (thrown) {
      fail(exchange, thrown, response);
    }
  };

  const run = (request: IncomingMessage, response: ServerResponse, enter: Enter): void => {
    if (engine.owns(request)) {
      engine.serve(request, response, (error) => fail(null, error, response));
      return;
    }
    const entered = engine.enter(request, response);
    if (entered instanceof Promise) {
      entered
        .then((exchange) => handle(exchange, request, response, enter))
        .catch((thrown: unknown) => fail(null, thrown, response));
    } else {
      handle(entered, request, response, enter);
    }
  };

  return {
    handler: (handler) => {
      const enter: Enter = (exchange, request, response) => handler(request, response, exchange.session);
      return (request, response) => run(request, response, enter);
    },
    userHandler: (handler, options) => {
      const policy = engine.policyOf(options);
      const enter: Enter = (exchange, request, response) => {
        const handle = (lets: boolean) => (lets ? handler(request, response, signedIn(exchange.session)) : undefined);
        const lets = engine.admitsUser(exchange, response, policy);
        return lets instanceof Promise ? lets.then(handle) : handle(lets);
      };
      return (request, response) => run(request, response, enter);
    },
  };
}

// Whatever was thrown stays here: it may hold anything.
function answerFailure(response: ServerResponse): void {
  if (response.headersSent) {
    // A whole answer is not taken back; half of one must not look whole.
    if (!hasEnded(response)) response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = 500;
  response.setHeader("content-type", "text/plain");
  response.end("Internal Server Error");
}
