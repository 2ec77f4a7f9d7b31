/**
 * An adapter for a framework that Coatcheck does not know, here hapi: made of `coatcheck/adapter` alone. What every
 * adapter does stands in four places: enter, refuse, settle, touch.
 */
import type { Plugin, Request, ResponseObject, ResponseToolkit } from "@hapi/hapi";
import type { Exchange, HasEngine, Policy, RouteResponse, Session } from "coatcheck/adapter";
import { CoatcheckError, NodeRequest, serveOwn } from "coatcheck/adapter";

const ANYONE: Policy = { require: "none" };
const USER: Policy = { require: "user" };

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
export function coatcheckHapi<Data>({ engine }: HasEngine<Data>): HapiAdapter<Data> {
  const exchanges = new WeakMap<Request, Exchange<Data>>();

  // 1. Enter: who is it, and may the request go on? Our own endpoints are answered here, before routing.
  const enter = async (request: Request, toolkit: ResponseToolkit) => {
    const view = new NodeRequest(request.raw.req, engine.origins);
    if (engine.owns(view.target)) return answered(toolkit, await serveOwn(engine, view)).takeover();
    const exchange = await engine.enter(view, ANYONE);
    const { decision } = exchange;
    if (decision.kind !== "proceed") return answered(toolkit, exchange.refuse(decision)).takeover();
    exchanges.set(request, exchange);
    return toolkit.continue;
  };

  // 2. Refuse: a route that is for users asks again, by its own policy.
  const guard = (request: Request, toolkit: ResponseToolkit) => {
    const exchange = exchanges.get(request);
    if (exchange === undefined || request.route.settings.plugins?.coatcheck?.user !== true) return toolkit.continue;
    const decision = exchange.decide(USER);
    return decision.kind === "proceed" ? toolkit.continue : answered(toolkit, exchange.refuse(decision)).takeover();
  };

  // 3. Settle: the handler is done, and the head has not left. Stores what was recorded; a refusal replaces the answer.
  const settle = async (request: Request, toolkit: ResponseToolkit) => {
    const exchange = exchanges.get(request);
    if (exchange === undefined) return toolkit.continue;
    const response = responseOf(exchange, request.response, toolkit);
    const { cookies, refusal } = await exchange.settle(response.statusCode, sets(response, engine.sessionCookie));
    if (refusal !== null) return withCookies(answered(toolkit, exchange.answerFailure(refusal)), cookies);
    if (exchange.shown && response.headers["cache-control"] === undefined) response.header("cache-control", "no-store");
    return withCookies(response, cookies);
  };

  // 4. Touch: the response has left, and the user was active.
  const touch = (request: Request): void => {
    const { response } = request;
    exchanges.get(request)?.touch("statusCode" in response ? response.statusCode : 500);
  };

  return {
    plugin: {
      name: "coatcheck",
      register(server) {
        server.ext("onRequest", enter);
        server.ext("onPreHandler", guard);
        server.ext("onPreResponse", settle);
        server.events.on("response", touch);
      },
    },
    session(request) {
      const exchange = exchanges.get(request);
      if (exchange === undefined) throw new TypeError("this request has no session: register the plugin before the routes");
      return exchange.session;
    },
  };
}

/** What the handler answered. An error keeps only a logout; one with a code of Coatcheck has an answer of its own. */
function responseOf<Data>(exchange: Exchange<Data>, given: Request["response"], toolkit: ResponseToolkit): ResponseObject {
  if ("statusCode" in given) return given;
  // hapi's own errors (a 404, say) come by here as well, and were thrown by no handler.
  if (given.isServer) exchange.fail();
  if (given instanceof CoatcheckError) {
    exchange.fail();
    return answered(toolkit, exchange.answerThrown(given));
  }
  const { statusCode, headers, payload } = given.output;
  const response = toolkit.response(payload).code(statusCode);
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.header(name, String(value));
  return response;
}

/** One of Coatcheck's own answers. */
function answered(toolkit: ResponseToolkit, { status, headers, body }: RouteResponse): ResponseObject {
  const response = toolkit.response(body).code(status);
  for (const [name, value] of headers) response.header(name, value, { append: name === "set-cookie" });
  return response;
}

function withCookies(response: ResponseObject, cookies: readonly string[]): ResponseObject {
  for (const cookie of cookies) response.header("set-cookie", cookie, { append: true });
  return cookies.length === 0 ? response : response.header("cache-control", "no-store");
}

/** Whether the handler has set the session's cookie itself. */
function sets(response: ResponseObject, cookie: string): boolean {
  return [response.headers["set-cookie"] ?? []].flat().some((line) => line.startsWith(`${cookie}=`));
}
