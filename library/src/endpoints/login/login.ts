/** `login`: sends the browser to the provider. */
import type { LoginParameters, RouteExchange, RouteRequest, RouteResponse } from "../../contracts.ts";
import { LOGIN_MAX_AGE_SECONDS } from "../../cookie/names.ts";
import { MAX_COOKIE_BYTES, setCookie } from "../../cookie/serialize.ts";
import { isNavigation } from "../../core/navigation.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { endedPage } from "../../pages/views/ended.ts";
import type { LoginProvider } from "../dependencies.ts";
import { redirectUri } from "../dependencies.ts";
import { queryOf, readLoginQuery, withFurther } from "../parameters.ts";
import { redirect, refusal } from "../responses.ts";
import { returnToAfterLogin } from "../return-to.ts";
import { askWhichProvider, providerFor } from "./choose.ts";
import type { LoginDependencies } from "./login-dependencies.ts";
import { loginFailed } from "./login-failed.ts";
import type { Flow } from "./login-state.ts";
import { clearedForRoom, cookieOf, MOST_BYTES, newSecrets, sealFlow } from "./login-state.ts";
import { impersonated } from "./mix-up.ts";

/**
 * `GET login`: sends the user's browser to the provider, with a sealed cookie for the way back. Whatever is not a
 * top-level navigation (an image, a frame, a prefetch, a script's fetch) gets 401 and no cookie (AR-10).
 */
export async function beginLogin(
  request: RouteRequest,
  session: Pick<RouteExchange["session"], "id" | "identity"> | null,
  deps: LoginDependencies,
): Promise<RouteResponse> {
  // The engine serves HEAD by the same endpoint; browsers do not navigate with it.
  if (request.method !== "GET" || !isNavigation(request))
    return refusal("ERR_UNAUTHENTICATED", undefined, [["vary", "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept"]]);
  const query = readLoginQuery(queryOf(request));
  const malformed = (parameter: string, to = "/") =>
    loginFailed(request, { code: "ERR_BAD_REQUEST", reason: "parameter", parameter, returnTo: to }, deps);
  if ("malformed" in query) return malformed(query.malformed);
  const returnTo = returnToAfterLogin(query.returnTo, request.origin, deps.prefix, deps.returnOrigins);
  const provider = providerFor(query.provider, query.parameters, deps);
  if (provider === undefined) return malformed("provider", returnTo);
  const listed = provider === "ask" ? [] : provider.loginParameters;
  const parameters = withFurther(query.parameters, queryOf(request), listed);
  if ("malformed" in parameters) return malformed(parameters.malformed, returnTo);
  // The user has signed in again meanwhile, in another tab, and may open the page that was asked for.
  if (query.ended !== null && session !== null && session.id !== null && session.identity !== null)
    return redirect(303, returnTo);
  // During an outage it is not known whether they are signed out.
  const told = query.ended === null || session === null ? undefined : endedPage(query.ended, againWithout(request, deps.prefix));
  if (told !== undefined) return deps.pages.show(request, told);
  return provider === "ask"
    ? askWhichProvider(request, deps)
    : sendToProvider(request, deps, { provider, returnTo, parameters, again: false });
}

/** Whether to tell the user first why the session is over. */
export function tellsEnding(request: RouteRequest): boolean {
  return isNavigation(request) && queryOf(request).has("ended");
}

/** The same login without what was said before it. */
function againWithout(request: RouteRequest, prefix: string): string {
  const query = queryOf(request);
  query.delete("ended");
  return `${prefix}/login?${query.toString()}`;
}

/** Which login is to begin. */
interface Beginning {
  readonly provider: LoginProvider;
  readonly returnTo: string;
  readonly parameters: LoginParameters;
  readonly again: boolean;
  /** Whose identity it is to become, by the key of their sessions. */
  readonly link?: string;
}

/** Starts a login: the redirect to the provider and the cookie that holds its state. */
export async function sendToProvider(
  request: RouteRequest,
  deps: LoginDependencies,
  { provider, returnTo, parameters, again, link }: Beginning,
): Promise<RouteResponse> {
  const secrets = newSecrets(deps.entropy);
  const to = redirectUri(request.origin, deps.prefix, provider);
  const failed = { provider: provider.name, returnTo };
  const begun = await provider.authorizationUrl({ ...secrets, redirectUri: to, parameters });
  if (begun.kind !== "redirect") {
    return loginFailed(request, { ...failed, code: begun.code, reason: begun.kind, error: begun.cause }, deps);
  }
  if ((await impersonated(provider, begun.url, deps.providers)) !== undefined) {
    return loginFailed(request, { ...failed, code: "ERR_PROVIDER_RESPONSE", reason: "authorization-endpoint" }, deps);
  }
  const now = deps.clock.now();
  const host = deps.kinship.name();
  const flow: Flow = {
    format: 1,
    ...secrets,
    provider: provider.name,
    issuer: provider.issuer,
    redirectUri: to,
    returnTo,
    parameters,
    createdAt: now,
    page: new URL(begun.url).origin,
    again,
    ...omitUndefined({ host: host ?? undefined, link }),
  };
  const spec = cookieOf(secrets.state, provider, deps.cookies);
  const sealed = sealFlow(flow, spec.name, deps.keyring);
  const bytes = spec.name.length + sealed.length;
  if (bytes > Math.min(MAX_COOKIE_BYTES, deps.loginRoom ?? MOST_BYTES))
    return loginFailed(request, { ...failed, code: "ERR_BAD_REQUEST", reason: "too-large" }, deps);
  const cleared = clearedForRoom(request.header("cookie"), bytes, now, deps);
  deps.report({ name: "login.begun", level: "debug", provider: provider.name });
  // From the callback this is reached by a POST if the provider answers by form_post.
  const status = request.method === "GET" ? 302 : 303;
  return redirect(status, begun.url, [...cleared, setCookie(spec, sealed, LOGIN_MAX_AGE_SECONDS)]);
}
