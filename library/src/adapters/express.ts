/** Coatcheck for Express 5. */
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from "express";
import type { HasEngine, Policy, RequireUser, Session, SignedInSession } from "../adapter.ts";
import { NodeEngine } from "../adapter.ts";

/**
 * `req.session` is there for habit; `web.of(req)` says the same with the type of your own `auth`. Tell it once which
 * data it holds, and `req.session` has its type; until then it has none, so that it quarrels with no other library's.
 *
 * @example
 * ```ts
 * declare module "coatcheck/express" {
 *   interface Register { data: { cart: string[] } }
 * }
 * ```
 */
export interface Register {
  /** Keeps the interface from being empty. */
  readonly registered?: never;
}

/** What a request has once its data are registered. */
export type WithSession<Registered> = Registered extends { data: infer Data } ? { readonly session: Session<Data> } : object;

declare module "express-serve-static-core" {
  interface Request extends WithSession<Register> {}
}

/** `web.session` and `web.session()` are the same middleware: with the `()` forgotten, every request would hang. */
type EitherForm<Handler> = Handler & (() => Handler);

export interface ExpressAdapter<Data> {
  /** Gives every request behind it its session. Comes before everything that asks for one. */
  readonly session: EitherForm<RequestHandler>;
  /** Answers `/auth/login` and the other endpoints; passes on all else. */
  readonly routes: EitherForm<RequestHandler>;
  /**
   * Lets only authenticated users pass: 401 for others, or the login for a navigation.
   *
   * @example
   * ```ts
   * const web = coatcheckExpress(auth);
   * app.use("/account", web.requireUser());
   * app.delete("/account", web.requireUser({ via: ["session"] }), (_request, response) => response.sendStatus(204));
   * ```
   */
  readonly requireUser: EitherForm<RequestHandler> & ((options: RequireUser) => RequestHandler);
  /** Answers errors with a code of ours (`accessToken()` rejects with such). Comes last. */
  readonly errors: EitherForm<ErrorRequestHandler>;
  /**
   * The request's session. A `TypeError` if `session()` did not come first.
   *
   * @example
   * ```ts
   * const web = coatcheckExpress(auth);
   * app.post("/theme", (request, response) => {
   *   web.of(request).set({ theme: "dark" });
   *   response.sendStatus(204);
   * });
   * ```
   */
  of(request: Request): Session<Data>;
  /**
   * The session of an authenticated user. Throws `ERR_UNAUTHENTICATED` for an anonymous caller; `errors()` answers it.
   *
   * @example
   * ```ts
   * const web = coatcheckExpress(auth);
   * app.get("/orders", async (request, response) => {
   *   const authorization = `Bearer ${await web.user(request).accessToken()}`;
   *   const orders = await fetch("https://api.example.com/orders", { headers: { authorization } });
   *   response.json(await orders.json());
   * });
   * ```
   */
  user(request: Request): SignedInSession<Data>;
}

/**
 * Coatcheck for Express 5.
 *
 * @example
 * ```ts
 * const web = coatcheckExpress(auth);
 * app.use(web.session(), web.routes());
 * app.get("/me", web.requireUser(), (req, res) => { res.json(web.user(req).claims) });
 * app.use(web.errors());
 * ```
 */
export function coatcheckExpress<Data>(auth: HasEngine<Data>): ExpressAdapter<Data> {
  const engine = new NodeEngine(auth.engine);
  const session: RequestHandler = (request, response, next) => {
    engine.open(request, response, (error) => {
      if (error === undefined && engine.has(request)) Reflect.set(request, "session", engine.session(request));
      next(error);
    });
  };
  const errors: ErrorRequestHandler = (error, request, response, next) => engine.fail(error, request, response, next);
  return {
    session: eitherForm(session),
    routes: eitherForm((request, response, next) => engine.serve(request, response, next)),
    requireUser: userForm(engine),
    errors: eitherErrorForm(errors),
    of: (request) => engine.session(request),
    user: (request) => engine.user(request),
  };
}

function userForm<Data>(engine: NodeEngine<Data>): ExpressAdapter<Data>["requireUser"] {
  const handlerOf = (policy: Policy): RequestHandler => {
    return (request, response, next) => engine.requireUser(policy, request, response, next);
  };
  const usual = handlerOf(engine.policyOf());
  function either(options?: RequireUser): RequestHandler;
  function either(request: Request, response: Response, next: NextFunction): void;
  function either(first?: Request | RequireUser, response?: Response, next?: NextFunction): unknown {
    if (first !== undefined && "headers" in first && response !== undefined && next !== undefined)
      return usual(first, response, next);
    return first === undefined || "headers" in first ? usual : handlerOf(engine.policyOf(first));
  }
  return either;
}

function eitherForm(handler: RequestHandler): EitherForm<RequestHandler> {
  function either(): RequestHandler;
  function either(request: Request, response: Response, next: NextFunction): void;
  function either(request?: Request, response?: Response, next?: NextFunction): unknown {
    if (request === undefined || response === undefined || next === undefined) return handler;
    return handler(request, response, next);
  }
  return either;
}

// Express knows a handler of errors by its four parameters.
function eitherErrorForm(handler: ErrorRequestHandler): EitherForm<ErrorRequestHandler> {
  function either(): ErrorRequestHandler;
  function either(error: unknown, request: Request, response: Response, next: NextFunction): void;
  function either(error?: unknown, request?: Request, response?: Response, next?: NextFunction): unknown {
    if (request === undefined || response === undefined || next === undefined) return handler;
    return handler(error, request, response, next);
  }
  return either;
}
