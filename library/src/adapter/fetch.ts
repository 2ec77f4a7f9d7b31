/**
 * What adapters are made of where there is no `node:http`: nothing that this loads is Node's, so that workers, Bun and
 * Deno can load it.
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
} from "../contracts.ts";
export { CoatcheckError } from "../core/errors.ts";
export { andThen } from "../core/maybe.ts";
export { knownOptions } from "../core/options/option-names.ts";
export { type Answers, conclude, flow } from "../engine/flow.ts";
export type { HasEngine } from "../http/auth.ts";
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
} from "../http/fetch-handler.ts";
export { pickOrigin } from "../http/pick-origin.ts";
export { isSignedIn, signedIn } from "../http/signed-in.ts";
export { type RequireUser, userPolicy } from "../http/user-policy.ts";
