/**
 * An adapter for a framework that Coatcheck does not know, here hapi: made of `coatcheck/adapter` alone. hapi answers
 * through a `ServerResponse`, so `NodeEngine` does the work: it holds the response back from the first intent on,
 * stores what was recorded when the head is about to leave, and touches afterwards.
 */
import type { Plugin, Request, ResponseToolkit } from "@hapi/hapi";
import type { Exchange, HasEngine, Session } from "coatcheck/adapter";
import { CoatcheckError, NodeEngine, writeAnswer } from "coatcheck/adapter";

declare module "@hapi/hapi" {
  interface PluginSpecificConfiguration {
    /** `user`: only authenticated users; others get 401, or the login for a navigation. */
    readonly coatcheck?: { readonly user: boolean };
  }
}

/** The plugin, and how a handler gets its session. */
export interface HapiAdapter<Data> {
  readonly plugin: Plugin<void>;
  session(request: Request): Session<Data>;
}

/**
 * Coatcheck for hapi.
 *
 * @example
 * ```ts
 * const web = coatcheckHapi(auth);
 * await server.register(web.plugin);
 * server.route({
 *   method: "GET",
 *   path: "/me",
 *   options: { plugins: { coatcheck: { user: true } } },
 *   handler: (request) => web.session(request).identity?.claims,
 * });
 * ```
 */
export function coatcheckHapi<Data>(auth: HasEngine<Data>): HapiAdapter<Data> {
  const node = new NodeEngine(auth.engine);
  const users = node.policyOf();
  const exchanges = new WeakMap<Request, Exchange<Data>>();

  // Before routing. Our own endpoints are answered here, and so is a request that may not go on.
  const enter = async (request: Request, toolkit: ResponseToolkit) => {
    const { req, res } = request.raw;
    if (node.owns(req)) {
      node.serve(req, res, (error) => res.destroy(error instanceof Error ? error : undefined));
      return toolkit.abandon;
    }
    const exchange = await node.enter(req, res);
    if (exchange === null) return toolkit.abandon;
    exchanges.set(request, exchange);
    return toolkit.continue;
  };

  // A route that is for users asks again, by its own policy.
  const guard = (request: Request, toolkit: ResponseToolkit) => {
    const exchange = exchanges.get(request);
    if (exchange === undefined || request.route.settings.plugins?.coatcheck?.user !== true) return toolkit.continue;
    return node.letsUser(exchange, request.raw.res, users) ? toolkit.continue : toolkit.abandon;
  };

  // What a handler threw keeps only a logout. hapi goes on with its error; one with a code of Coatcheck has an answer.
  const beforeAnswer = (request: Request, toolkit: ResponseToolkit) => {
    const { response } = request;
    const exchange = exchanges.get(request);
    if (exchange === undefined || typeof response !== "object") return toolkit.continue;
    if ("isBoom" in response) exchange.fail();
    if (response instanceof CoatcheckError) {
      writeAnswer(request.raw.res, exchange.answerThrown(response));
      return toolkit.abandon;
    }
    const { headers } = "isBoom" in response ? response.output : response;
    // hapi says `no-cache` of what no route caches; what users are shown is not to be kept at all.
    if (exchange.shown && headers["cache-control"] === undefined) headers["cache-control"] = "no-store";
    return toolkit.continue;
  };

  // If the client hung up, hapi writes no head. What the handler recorded is stored all the same.
  const afterwards = async (request: Request): Promise<void> => {
    const exchange = exchanges.get(request);
    if (exchange?.recorded === true && !exchange.closed) await exchange.settle(499);
  };

  return {
    plugin: {
      name: "coatcheck",
      register(server) {
        server.ext("onRequest", enter);
        server.ext("onPreHandler", guard);
        server.ext("onPreResponse", beforeAnswer);
        server.events.on(
          "response",
          (request) => void afterwards(request).catch((error: unknown) => server.log("error", String(error))),
        );
      },
    },
    session(request) {
      const exchange = exchanges.get(request);
      if (exchange === undefined) throw new TypeError("this request has no session: register the plugin before the routes");
      return exchange.session;
    },
  };
}
