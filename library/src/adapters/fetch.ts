/** Coatcheck for servers in the Fetch style: Bun, Deno, workers. */
import type { FetchHandler, FetchInfo, HasEngine, MaybePromise, RequireUser, SignedInSession } from "../adapter/fetch.ts";
import { handleFetch, handleFetchUser, userPolicy } from "../adapter/fetch.ts";

export type FetchListener = (request: Request, info?: FetchInfo) => Promise<Response>;

export interface FetchAdapter<Data> {
  /**
   * A Fetch-style server function: answers our own endpoints, gives every other request its session.
   *
   * @example
   * ```ts
   * const serve = coatcheckFetch(auth).handler((session) => {
   *   session.update((data) => ({ ...data, visits: Number(data["visits"] ?? 0) + 1 }));
   *   return Response.json({ user: session.identity?.subject ?? null });
   * });
   * ```
   */
  handler(handle: FetchHandler<Data>): FetchListener;
  /**
   * The same for authenticated users; others get 401, or the login for a navigation.
   *
   * @example
   * ```ts
   * const serve = coatcheckFetch(auth).userHandler(async (session, request) => {
   *   const authorization = `Bearer ${await session.accessToken()}`;
   *   return fetch(`https://api.example.com${new URL(request.url).pathname}`, { headers: { authorization } });
   * });
   * ```
   */
  userHandler(
    handle: (session: SignedInSession<Data>, request: Request) => MaybePromise<Response>,
    options?: RequireUser,
  ): FetchListener;
}

/**
 * Coatcheck for servers in the Fetch style: Bun, Deno, workers, and frameworks that hand out `Request`.
 *
 * @example
 * ```ts
 * const web = coatcheckFetch(auth);
 * export const serve = web.userHandler((session) => Response.json(session.claims));
 * ```
 */
export function coatcheckFetch<Data>({ engine }: HasEngine<Data>): FetchAdapter<Data> {
  return {
    handler: (handler) => (request, info) => handleFetch(engine, request, handler, info),
    userHandler: (handler, options) => {
      // What is wrong with it is said now, not with the first request.
      userPolicy(options, engine);
      return (request, info) => handleFetchUser(engine, request, handler, options === undefined ? info : { ...info, ...options });
    },
  };
}
