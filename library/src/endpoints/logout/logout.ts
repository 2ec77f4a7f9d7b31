/** `logout`: ends the session here, and then at the provider. */
import type { ProviderTokens, RouteExchange, RouteRequest, RouteResponse } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { logoutPage } from "../../pages/views/sign-out.ts";
import type { LoginProvider, OidcDependencies } from "../dependencies.ts";
import { queryOf, repeated } from "../parameters.ts";
import { json, redirect, refusal, wantsJson } from "../responses.ts";
import { safeReturnTo } from "../return-to.ts";
import { linkToProvider } from "./provider-logout-link.ts";
import { signedOutAddress } from "./signed-out.ts";
import { unverifiedClaims } from "./unverified-claims.ts";

const MOST_FORM_BYTES = 8_192;
/** A longer address is refused by servers and proxies on the way, in bytes. */
const LONGEST_ADDRESS = 4_096;
/** The longest name of the user that is sent instead of the ID token, characters. */
const LONGEST_HINT = 512;

/** `GET logout`: a page that asks for confirmation. It looks up no session, so it works during an outage too. */
export function askLogout(request: RouteRequest, deps: OidcDependencies): RouteResponse {
  const query = queryOf(request);
  if (repeated(query, ["return_to"]) !== undefined) return refusal("ERR_BAD_REQUEST", "return_to");
  const given = query.get("return_to");
  const returnTo = given === null ? null : safeReturnTo(given, request.origin, deps.returnOrigins);
  return deps.pages.show(request, logoutPage(`${deps.prefix}/logout`, returnTo));
}

/**
 * `POST logout`: ends the session here first, then sends the browser to the provider's logout if it has one, else to
 * `return_to` or the page after it. A program that accepts JSON gets the address; that of the provider has the ID token
 * in it, so a program gets one of ours.
 */
export async function logout(request: RouteRequest, exchange: RouteExchange, deps: OidcDependencies): Promise<RouteResponse> {
  const given = await returnToOf(request);
  if (given === undefined) return refusal("ERR_BAD_REQUEST", "return_to");
  const name = exchange.provider();
  const provider = name === null ? undefined : deps.providers.find((one) => one.name === name);
  const tokens = provider === undefined ? null : tokensOf(exchange, provider, deps);
  // Checked before anything is recorded: a request for another origin ends no session.
  const proxys = exchange.fromProxy ? (deps.proxySignOutUrl ?? null) : null;
  const script = wantsJson(request);
  const way = (url: string): string => (script ? linkToProvider(url, request, deps) : url);
  const theirs = provider === undefined || proxys !== null ? null : providersLogout(request, provider, tokens, way, deps);
  const next = proxys ?? theirs ?? landing(request, given, deps);
  signOut(exchange, name, deps);
  return forgetting(script ? json(200, { location: next }) : redirect(303, next), deps);
}

/** Ends the presented session. Its tokens, the newest that are stored, are revoked when its ending is announced. */
export function signOut(exchange: RouteExchange, provider: string | null, { report }: OidcDependencies): void {
  exchange.logout();
  exchange.whenStored(() => {
    report({ name: "logout.completed", level: "info", ...omitUndefined({ provider: provider ?? undefined }) });
  });
}

/** Asks the browser to forget what the app left behind; quoted, as the header wants it (HD-04). */
export function forgetting(response: RouteResponse, { clearSiteData = ["cache", "storage"] }: OidcDependencies): RouteResponse {
  if (clearSiteData.length === 0) return response;
  const value = clearSiteData.map((what) => `"${what}"`).join(", ");
  return { ...response, headers: [...response.headers, ["clear-site-data", value]] };
}

/** `return_to` of the form or the query, `null` if there is none, `undefined` if it cannot be read. */
async function returnToOf(request: RouteRequest): Promise<string | null | undefined> {
  const query = queryOf(request);
  const form = /^application\/x-www-form-urlencoded\b/i.test(request.header("content-type") ?? "");
  const body = form ? new URLSearchParams(await request.body(MOST_FORM_BYTES)) : new URLSearchParams();
  const all = [...query.getAll("return_to"), ...body.getAll("return_to")];
  return all.length > 1 ? undefined : (all[0] ?? null);
}

/** A logout goes on without the hint if the tokens cannot be opened any more. */
function tokensOf(exchange: RouteExchange, provider: LoginProvider, { report }: OidcDependencies): ProviderTokens | null {
  try {
    return exchange.tokens();
  } catch (error) {
    report({ name: "revocation.failed", level: "warn", reason: "sealed", provider: provider.name, error });
    return null;
  }
}

/**
 * The way to the provider's page: its address, or ours that leads there. Without `state`: the page after it would not
 * read one, and it would stay in the address bar (F-26). An ID token that would make it too long is left out; then the
 * provider may ask the user.
 */
function providersLogout(
  request: RouteRequest,
  provider: LoginProvider,
  tokens: ProviderTokens | null,
  way: (url: string) => string,
  deps: OidcDependencies,
): string | null {
  const idToken = tokens?.idToken ?? null;
  const returnTo = new URL(signedOutAddress(deps), request.origin).href;
  const url = provider.logoutUrl({ idToken, returnTo });
  if (url === undefined) return null;
  const address = way(url);
  if (idToken === null || Buffer.byteLength(new URL(address, request.origin).href) <= LONGEST_ADDRESS) return address;
  const logoutHint = hintOf(idToken);
  const shorter = provider.logoutUrl({ idToken: null, returnTo, ...omitUndefined({ logoutHint: logoutHint ?? undefined }) });
  return shorter === undefined ? null : way(shorter);
}

/**
 * What names the session or the user instead of the ID token: the claim that Entra gives for it, the provider's
 * session, or the subject.
 */
function hintOf(idToken: string): string | null {
  const claims = unverifiedClaims(idToken);
  const hints = [claims?.["login_hint"], claims?.["sid"], claims?.["sub"]];
  return hints.find((hint): hint is string => typeof hint === "string" && hint !== "" && hint.length <= LONGEST_HINT) ?? null;
}

function landing(request: RouteRequest, given: string | null, deps: OidcDependencies): string {
  return given === null ? signedOutAddress(deps) : safeReturnTo(given, request.origin, deps.returnOrigins);
}
