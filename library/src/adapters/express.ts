import type { ErrorRequestHandler, Request, RequestHandler } from "express";
import type { Session, SignedInSession } from "../contracts.ts";
import type { HasEngine } from "../engine/auth.ts";
import { Push } from "../engine/push.ts";

/**
 * `req.session` is there for habit; `web.of(req)` says the same with the type of your own `auth`. Tell it once which data it holds, and
 * `req.session` has its type; until then it has none, so that it quarrels with no other library's.
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

export interface ExpressAdapter<Data> {
  /** Gives every request behind it its session. Comes before everything that asks for one. */
  session(): RequestHandler;
  /** Answers `/auth/login` and the other endpoints; passes on all else. */
  routes(): RequestHandler;
  /** Lets only somebody signed in pass: 401 for the others, or the login for a navigation. */
  requireUser(): RequestHandler;
  /** Answers errors with a code of ours (`accessToken()` rejects with such). Comes last. */
  errors(): ErrorRequestHandler;
  /** The request's session. A `TypeError` where `session()` did not come first. */
  of(request: Request): Session<Data>;
  /** The session of somebody signed in; throws `ERR_UNAUTHENTICATED` where nobody is, which `errors()` answers. */
  user(request: Request): SignedInSession<Data>;
}

/**
 * Coatcheck for Express 5.
 *
 * @example
 * ```ts
 * const web = express(auth);
 * app.use(web.session(), web.routes());
 * app.get("/me", web.requireUser(), (req, res) => { res.json(web.user(req).claims) });
 * app.use(web.errors());
 * ```
 */
export function express<Data>(auth: HasEngine<Data>): ExpressAdapter<Data> {
  const push = new Push(auth.engine);
  return {
    session: () => (request, response, next) => {
      push.open(request, response, (error) => {
        if (error === undefined && push.has(request)) Reflect.set(request, "session", push.session(request));
        next(error);
      });
    },
    routes: () => (request, response, next) => push.serve(request, response, next),
    requireUser: () => (request, response, next) => push.requireUser(request, response, next),
    errors: () => (error, request, response, next) => push.fail(error, request, response, next),
    of: (request) => push.session(request),
    user: (request) => push.user(request),
  };
}
