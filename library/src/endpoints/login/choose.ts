/** Which provider a login goes to, if there are several. */
import type { LoginParameters, RouteRequest, RouteResponse } from "../../contracts.ts";
import { readCookies } from "../../cookie/parse.ts";
import { setCookie } from "../../cookie/serialize.ts";
import { choosePage } from "../../pages/views/choose.ts";
import type { LoginProvider, OidcDependencies } from "../dependencies.ts";
import { queryOf } from "../parameters.ts";

/** How long a browser remembers how its user signed in, seconds. */
const REMEMBERED = 180 * 86_400;

/**
 * The provider that the link names, else the one that the domain of the user's address is listed with, else the first;
 * `ask` if the user is to choose, `undefined` for a name that is none's.
 */
export function providerFor(
  named: string | null,
  { login_hint }: LoginParameters,
  { providers, loginChooser }: OidcDependencies,
): LoginProvider | "ask" | undefined {
  if (named !== null) return providers.find(({ name }) => name === named);
  const domain = /@([^@\s]+)$/.exec(login_hint ?? "")?.[1]?.toLowerCase();
  const theirs = providers.find(({ domains = [] }) => domain !== undefined && domains.includes(domain));
  if (theirs !== undefined) return theirs;
  return loginChooser === true && providers.length > 1 ? "ask" : providers[0];
}

/** The page to choose from: each way is the same login with the provider's name. */
export function askWhichProvider(request: RouteRequest, deps: OidcDependencies): RouteResponse {
  const [last] = readCookies(request.header("cookie"), deps.cookies.provider.name);
  const choices = deps.providers.map(({ name, title = name }) => {
    const query = queryOf(request);
    query.set("provider", name);
    return { label: title, href: `${deps.prefix}/login?${query.toString()}`, last: name === last };
  });
  return deps.pages.show(request, choosePage(choices));
}

/** The `Set-Cookie` line that remembers with which provider this browser's user signed in; it proves nothing. */
export function rememberedProvider({ name }: LoginProvider, deps: OidcDependencies): readonly string[] {
  if (deps.loginChooser !== true || deps.providers.length < 2) return [];
  return [setCookie(deps.cookies.provider, name, REMEMBERED)];
}
