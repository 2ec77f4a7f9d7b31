/** `GET signed-out`: where a logout ends, unless `signedOutPage` names another page. */
import type { RouteExchange, RouteRequest, RouteResponse } from "../../contracts.ts";
import { signedOutPage, stillSignedInPage } from "../../pages/views/sign-out.ts";
import type { OidcDependencies } from "../dependencies.ts";

/** A path or a URL. Its absolute form is what has to be registered with the provider. */
export function signedOutAddress({ prefix, signedOutPage }: Pick<OidcDependencies, "prefix" | "signedOutPage">): string {
  return signedOutPage ?? `${prefix}/signed-out`;
}

/** The page of a browser that is signed out, or in which a user has signed in again. */
export function showSignedOut(
  request: RouteRequest,
  session: Pick<RouteExchange["session"], "identity"> | null,
  { pages, prefix, providers }: OidcDependencies,
): RouteResponse {
  const isSignedIn = session !== null && session.identity !== null;
  const login = providers.length === 0 ? null : `${prefix}/login`;
  return pages.show(request, isSignedIn ? stillSignedInPage(`${prefix}/logout`) : signedOutPage(login));
}
