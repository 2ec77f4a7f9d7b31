/** `GET signed-out`: where a logout ends, unless `signedOutPage` names another page. */
import type { RouteExchange, RouteResponse } from "../../contracts.ts";
import type { OidcDependencies } from "../dependencies.ts";
import { link, page } from "../pages/page.ts";

/** A path or a URL. Its absolute form is what has to be registered with the provider. */
export function signedOutAddress({ prefix, signedOutPage }: Pick<OidcDependencies, "prefix" | "signedOutPage">): string {
  return signedOutPage ?? `${prefix}/signed-out`;
}

/** A page that does not lead on by itself: with single sign-on the way back in may be one redirect. */
export function showSignedOut(
  session: Pick<RouteExchange["session"], "identity"> | null,
  { prefix, providers }: OidcDependencies,
): RouteResponse {
  if (session !== null && session.identity !== null) {
    const ways = `${link({ label: "Go on", href: "/" }, false)}${link({ label: "Sign out", href: `${prefix}/logout` }, true)}`;
    const content = `<p>A user has signed in with this browser since.</p><div class="row">${ways}</div>`;
    return page({ status: 200, title: "You are signed in", content, forms: false });
  }
  const again = providers.length === 0 ? { label: "Go on", href: "/" } : { label: "Sign in again", href: `${prefix}/login` };
  const content = `<p>Your session at this site has ended.</p>
<p>On a computer that others use as well, make sure that you are signed out of the service that you sign in with, too: where that could not be reached or
keeps you signed in, the next person may get in without a password.</p><div class="row">${link(again, false)}</div>`;
  return page({ status: 200, title: "You are signed out", content, forms: false });
}
