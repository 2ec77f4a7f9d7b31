/**
 * What adapters are made of, for frameworks that Coatcheck does not know: published as `coatcheck/adapter`. Our own
 * adapters use nothing else.
 *
 * @example
 * ```ts
 * import { type FetchHandler, type HasEngine, handleFetch } from "coatcheck/adapter";
 *
 * // A framework whose handlers take a Request and answer a Response needs no more than this.
 * const adapter = <Data>({ engine }: HasEngine<Data>) =>
 *   (handler: FetchHandler<Data>) => (request: Request) => handleFetch(engine, request, handler);
 * ```
 */
export type {
  Decision,
  Engine,
  Exchange,
  Failure,
  MaybePromise,
  Policy,
  PushedResponse,
  RequestView,
  RouteRequest,
  RouteResponse,
  Session,
  Settlement,
  SignedInSession,
} from "./contracts.ts";
export { CoatcheckError } from "./core/errors.ts";
export { andThen } from "./core/maybe.ts";
export { knownOptions } from "./core/options/option-names.ts";
export { type Answers, conclude, flow } from "./engine/flow.ts";
export type { HasEngine } from "./http/auth.ts";
export {
  FETCH_ANSWERS,
  type FetchHandler,
  type FetchInfo,
  FetchRequest,
  handleFetch,
  handleFetchUser,
  needsPeer,
  serveOwn,
  toResponse,
} from "./http/fetch-handler.ts";
export { NodeEngine } from "./http/node-handler.ts";
export { NodeRequest, pickOrigin, writeAnswer } from "./http/node-request.ts";
export { hasEnded } from "./http/response-hold.ts";
export { isSignedIn, signedIn } from "./http/signed-in.ts";
export { type RequireUser, userPolicy } from "./http/user-policy.ts";
