/** Coatcheck for Hono. */
import type { Context, Env, MiddlewareHandler, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type { Exchange, HasEngine, Policy, RequireUser, Session, SignedInSession } from "../adapter/fetch.ts";
import {
  CoatcheckError,
  conclude,
  FETCH_ANSWERS,
  FetchRequest,
  isSignedIn,
  knownOptions,
  needsPeer,
  serveOwn,
  toResponse,
  userPolicy,
} from "../adapter/fetch.ts";

const ANYONE: Policy = { require: "none" };

/**
 * Options of {@link coatcheckHono}.
 *
 * @example
 * ```ts
 * import { getConnInfo } from "@hono/node-server/conninfo";
 * const on = coatcheckHono(auth, { peer: (context) => getConnInfo(context).remote.address });
 * ```
 */
export interface HonoOptions {
  /** The address of the peer, by the runtime's own `getConnInfo`. */
  readonly peer?: (context: Context) => string | undefined;
}

export interface HonoAdapter<Data> {
  /**
   * Answers our own endpoints, and gives every other request behind it `c.var.session`.
   *
   * @example
   * ```ts
   * const site = new Hono().use(coatcheckHono(auth).session());
   * site.get("/", (c) => c.text(c.var.session.identity === null ? "Welcome" : "Welcome back"));
   * ```
   */
  session(): MiddlewareHandler<{ Variables: { session: Session<Data> } }>;
  /**
   * Lets only authenticated users pass, and narrows `c.var.session`: 401 for others, or the login for a navigation.
   *
   * @example
   * ```ts
   * const on = coatcheckHono(auth);
   * const site = new Hono().use(on.session()).use("/account/*", on.requireUser());
   * ```
   */
  requireUser(options?: RequireUser): MiddlewareHandler<{ Variables: { session: SignedInSession<Data> } }>;
}

/**
 * Coatcheck for Hono; types flow through the chain.
 *
 * @example
 * ```ts
 * const on = coatcheckHono(auth);
 * const site = new Hono().use(on.session());
 * site.get("/me", on.requireUser(), (c) => c.json(c.var.session.claims));
 * ```
 */
export function coatcheckHono<Data>({ engine }: HasEngine<Data>, options: HonoOptions = {}): HonoAdapter<Data> {
  knownOptions<HonoOptions>("", options, { peer: true });
  if (options.peer === undefined) needsPeer(engine, "coatcheckHono(auth, { peer: (c) => getConnInfo(c).remote.address })");
  // By context, for middleware may replace the request.
  const exchanges = new WeakMap<Context, Exchange<Data>>();

  return {
    session: eitherForm(
      createMiddleware(async (context, next) => {
        const peer = options.peer?.(context);
        const view = new FetchRequest(context.req.raw, engine.origins, { peer });
        if (engine.owns(view.target)) return toResponse(await serveOwn(engine, view));
        const exchange = await engine.enter(view, ANYONE);
        const { decision } = exchange;
        if (decision.kind !== "proceed") return toResponse(exchange.refuse(decision));
        exchanges.set(context, exchange);
        context.set("session", exchange.session);
        await handled(exchange, next);
        const failure = context.error;
        if (failure !== undefined) exchange.fail();
        const concluded = await conclude(engine, exchange, answerOf(failure, context.res, exchange), FETCH_ANSWERS);
        // Hono joins a new response's headers with the old one's unless that is taken away first.
        if (concluded !== context.res) {
          context.res = undefined;
          context.res = concluded;
        }
        return undefined;
      }),
    ),
    requireUser: userForm((given) => {
      const policy = userPolicy(given, engine);
      return createMiddleware<{ Variables: { session: SignedInSession<Data> } }>(async (context, next) => {
        const exchange = exchanges.get(context);
        if (exchange === undefined) throw new TypeError("session() has not seen this request: use(on.session()) comes first");
        const decision = await exchange.admit(policy);
        if (decision.kind !== "proceed") return toResponse(await exchange.turnAway(decision));
        const { session } = exchange;
        if (isSignedIn(session)) context.set("session", session);
        await next();
        if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
        return undefined;
      });
    }),
  };
}

// TypeScript refuses `use(on.session)`; from JavaScript it is the same as `use(on.session())`.
function eitherForm<E extends Env>(handler: MiddlewareHandler<E>): () => MiddlewareHandler<E> {
  function either(): MiddlewareHandler<E>;
  function either(context: Context<E>, next: Next): ReturnType<MiddlewareHandler<E>>;
  function either(context?: Context<E>, next?: Next): unknown {
    return context === undefined || next === undefined ? handler : handler(context, next);
  }
  return either;
}

function userForm<E extends Env>(
  make: (options?: RequireUser) => MiddlewareHandler<E>,
): (options?: RequireUser) => MiddlewareHandler<E> {
  const usual = make();
  function either(options?: RequireUser): MiddlewareHandler<E>;
  function either(context: Context<E>, next: Next): ReturnType<MiddlewareHandler<E>>;
  function either(first?: Context<E> | RequireUser, next?: Next): unknown {
    if (first === undefined) return usual;
    if (!("req" in first)) return make(first);
    return next === undefined ? usual : usual(first, next);
  }
  return either;
}

/**
 * Hono answers what an `Error` says itself, and rethrows all else; a throw keeps only `logout` (docs/design.md §1.5).
 */
async function handled<Data>(exchange: Exchange<Data>, next: () => Promise<void>): Promise<void> {
  try {
    await next();
  } catch (error) {
    exchange.fail();
    await exchange.settle(500);
    throw error;
  }
}

/**
 * What the handler threw with a code of ours is answered by that code, unless the app's own `onError` had an answer for
 * it.
 */
function answerOf<Data>(failure: Error | undefined, response: Response, exchange: Exchange<Data>): Response {
  if (!(failure instanceof CoatcheckError) || response.status !== 500) return response;
  return toResponse(exchange.answerThrown(failure));
}
