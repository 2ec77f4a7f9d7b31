/** The page of a user's sessions and tokens, and the fresh login that ending one asks for. */
import type { RouteExchange, RouteRequest, RouteResponse } from "../../contracts.ts";
import { isNavigation } from "../../core/navigation.ts";
import { sessionsPage, signInFirstPage } from "../../pages/views/sessions.ts";
import type { OidcDependencies } from "../dependencies.ts";
import { signInAgain } from "../responses.ts";
import { OWN_ORIGIN } from "../session.ts";

type Asking = Pick<RouteExchange, "session" | "provider">;

/** Shows them to a person. */
export async function showSessions(
  request: RouteRequest,
  exchange: RouteExchange,
  owner: string,
  deps: OidcDependencies,
): Promise<RouteResponse> {
  const [sessions, tokens] = await Promise.all([deps.sessions.list(owner), deps.tokens.list(owner)]);
  const page = sessionsPage({
    sessions,
    tokens,
    current: exchange.session.id,
    userAgent: request.header("user-agent"),
    login: isRecent(exchange, deps) ? null : loginAgain(exchange, deps),
    named: deps.providers.length > 1,
    now: deps.clock.now(),
    prefix: deps.prefix,
  });
  return varying(deps.pages.show(request, page));
}

/**
 * Whether the user signed in lately enough to end sessions (SE-10). Of who did not come by a provider it is not asked:
 * only the app, or the proxy in front, could sign them in afresh.
 */
export function isRecent(exchange: Asking, { clock, recent }: OidcDependencies): boolean {
  const { identity } = exchange.session;
  return identity === null || exchange.provider() === null || clock.now() - identity.authenticatedAt <= recent;
}

/** A fresh login is asked for: by a page, or in the words of RFC 9470. */
export function signInFirst(request: RouteRequest, exchange: Asking, deps: OidcDependencies): RouteResponse {
  if (isNavigation(request)) return varying(deps.pages.show(request, signInFirstPage(loginAgain(exchange, deps))));
  return signInAgain(deps.recent, "Sign in again: only who signed in a short time ago ends sessions.", OWN_ORIGIN);
}

/** The way to the page for who is not signed in; `null` if only the app can sign users in. */
export function loginFirst({ providers, prefix }: OidcDependencies): string | null {
  return providers.length === 0 ? null : `${prefix}/login?${new URLSearchParams({ return_to: `${prefix}/sessions` })}`;
}

/** At the provider of the session, with whom the user has an account. */
function loginAgain(exchange: Asking, { prefix, providers }: OidcDependencies): string {
  const name = exchange.provider();
  const which = name === null || name === providers[0]?.name ? [] : [["provider", name]];
  return `${prefix}/login?${new URLSearchParams([["prompt", "login"], ["return_to", `${prefix}/sessions`], ...which])}`;
}

const varying = (page: RouteResponse): RouteResponse => ({
  ...page,
  headers: [...page.headers, ["vary", "Cookie, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, Accept"]],
});
