/** `callback`: checks the provider's answer and signs the user in. */
import type { ErrorCode, ProviderFailure, ProviderLogin, RouteExchange, RouteRequest, RouteResponse } from "../../contracts.ts";
import { clearCookie } from "../../cookie/serialize.ts";
import { storeFailed } from "../../core/errors/store-failed.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { isNavigation } from "../../core/navigation.ts";
import { isStorable, ownerOf } from "../../core/record.ts";
import { landingPage } from "../../pages/views/sign-out.ts";
import type { LoginProvider, OidcDependencies } from "../dependencies.ts";
import { redirectUri } from "../dependencies.ts";
import { queryOf, repeated } from "../parameters.ts";
import { redirect, refusal } from "../responses.ts";
import { safeReturnTo } from "../return-to.ts";
import { askApp } from "./admission.ts";
import { rememberedProvider } from "./choose.ts";
import { finishLink } from "./link.ts";
import { sendToProvider } from "./login.ts";
import type { LoginDependencies } from "./login-dependencies.ts";
import type { Failure } from "./login-failed.ts";
import { loginFailed } from "./login-failed.ts";
import type { Flow } from "./login-state.ts";
import { cookieOf, FLOW_LIFETIME, findFlow, flowMarkerKey } from "./login-state.ts";

/** Parameters that may stand once (CB-06); others are ignored (CB-07). */
const ONCE = ["code", "state", "iss", "error", "error_description", "error_uri"];
const MOST_FORM_BYTES = 65_536;

/**
 * `GET callback`, and `POST` from a provider that answers by form_post: finishes the login that this browser began.
 * No request to the provider and no write happens before the state was found in a cookie that we sealed. Replay guard:
 * only the request that sets the one-time marker sends the code.
 */
export async function finishLogin(
  request: RouteRequest,
  exchange: RouteExchange,
  deps: LoginDependencies,
): Promise<RouteResponse> {
  if (request.method === "HEAD") return refusal("ERR_METHOD_NOT_ALLOWED", undefined, [["allow", "GET, POST"]]);
  const signedIn = exchange.session.identity !== null;
  const fail = (failure: Omit<Failure, "signedIn">) => loginFailed(request, { ...failure, signedIn }, deps);
  const response = await responseOf(request);
  if (response instanceof CoatcheckError) return fail({ code: response.code, reason: "body", returnTo: "/" });
  const twice = repeated(response, ONCE);
  if (twice !== undefined) return fail({ code: "ERR_BAD_REQUEST", reason: "repeated", parameter: twice, returnTo: "/" });

  const found = findFlow(request.header("cookie"), response.get("state"), deps);
  if (found.kind !== "found") {
    const spec = found.kind === "foreign" ? deps.cookies.loginNamed(found.name) : undefined;
    const cookies = spec === undefined ? [] : [clearCookie(spec)];
    // The back button after signing in, or an address from the history: a signed-in user needs no error.
    if (signedIn && isNavigation(request)) return redirect(303, "/", cookies);
    return fail({ code: "ERR_LOGIN_STATE", reason: found.kind, returnTo: "/", cookies });
  }
  const { flow } = found;
  deps.kinship.check(flow.host);
  const provider = deps.providers.find(({ name }) => name === flow.provider);
  const returnTo = safeReturnTo(flow.returnTo, request.origin, deps.returnOrigins);
  if (provider === undefined || !belongs(request, flow, provider, deps))
    return fail({ code: "ERR_LOGIN_STATE", reason: "another-login", returnTo, provider: flow.provider });
  // A link that another user would come back from: nothing is sent for it.
  if (flow.link !== undefined && exchange.session.owner !== flow.link)
    return fail({ code: "ERR_LOGIN_STATE", reason: "another-user", returnTo, provider: flow.provider });

  const cookies = [clearCookie(cookieOf(flow.state, provider, deps.cookies))];
  const about = { provider: provider.name, returnTo, cookies };
  const now = deps.clock.now();
  if (Math.abs(now - flow.createdAt) > FLOW_LIFETIME) return fail({ ...about, code: "ERR_LOGIN_EXPIRED", reason: "age" });

  // A response of another issuer is not the provider's fault: the code is not sent, and the login can still be
  // finished.
  const issuer = response.get("iss");
  if (issuer !== null && issuer !== provider.issuer)
    return fail({ ...about, cookies: [], code: "ERR_LOGIN_STATE", reason: "iss" });

  const first = await firstUse(flow, deps);
  if (first instanceof CoatcheckError)
    return fail({ ...about, cookies: [], code: first.code, reason: "marker", error: first.cause });
  if (!first) {
    if (signedIn) return redirect(303, returnTo, cookies);
    if (flow.again) return fail({ ...about, code: "ERR_LOGIN_USED", reason: "again" });
    const fresh = await sendToProvider(request, deps, { provider, returnTo, parameters: flow.parameters, again: true });
    const headers = [...fresh.headers, ...cookies.map((cookie) => ["set-cookie", cookie] as const)];
    return { ...fresh, status: fresh.status === 302 ? 303 : fresh.status, headers };
  }

  const result = await finish(provider, flow, response);
  if (result.kind !== "login") return fail({ ...about, code: result.code, reason: result.kind, error: result.cause });
  if (flow.link !== undefined) return finishLink(request, result, { owner: flow.link, provider, returnTo, cookies }, deps);
  const { identity, tokens } = result;
  const asked = await askApp(deps.onSignIn, { identity, tokens, provider: provider.name, request }, deps.clock);
  if (asked.kind !== "admitted") {
    if (asked.kind === "failed") return fail({ ...about, code: asked.code, reason: "app", error: asked.cause });
    // No session will use them.
    deps.background.waitUntil(provider.revoke(tokens));
    const { kind: reason, ...told } = asked;
    return fail({ ...about, ...told, code: "ERR_FORBIDDEN", reason, owner: ownerOf(identity) });
  }
  try {
    exchange.loginFromProvider(result, provider.name, asked.as);
  } catch (error) {
    return fail({ ...about, code: "ERR_APP_HOOK", reason: "app", error });
  }
  exchange.whenStored(() => deps.report({ name: "login.completed", level: "info", provider: provider.name }));
  const kept = [...cookies, ...rememberedProvider(provider, deps)];
  if (deps.cookies.session.sameSite !== "Strict") return redirect(303, returnTo, kept);
  const landing = deps.pages.show(request, landingPage(returnTo));
  return { ...landing, headers: [...landing.headers, ...kept.map((cookie) => ["set-cookie", cookie] as const)] };
}

/** The page of a callback that the store refused, or that a logout overruled. */
export function loginNotTaken(request: RouteRequest, code: ErrorCode, deps: OidcDependencies): RouteResponse {
  return loginFailed(request, { code, reason: "store", returnTo: "/" }, deps);
}

/** The parameters of the response: only the body of a POST, or the query of a GET. */
async function responseOf(request: RouteRequest): Promise<URLSearchParams | CoatcheckError> {
  if (request.method !== "POST") return queryOf(request);
  const type = (request.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return new CoatcheckError("ERR_UNSUPPORTED_MEDIA_TYPE");
  try {
    return new URLSearchParams(await request.body(MOST_FORM_BYTES));
  } catch (error) {
    return error instanceof CoatcheckError ? error : new CoatcheckError("ERR_BAD_REQUEST", { cause: error });
  }
}

/**
 * Whether the login was for this provider, as it is configured now, at this origin, and the response came in the
 * configured response mode (CB-04, CB-08).
 */
function belongs(request: RouteRequest, flow: Flow, provider: LoginProvider, { prefix }: OidcDependencies): boolean {
  const posted = provider.responseMode === "form_post";
  if (flow.issuer !== provider.issuer || flow.redirectUri !== redirectUri(request.origin, prefix, provider)) return false;
  // With an address of its own an answer of another provider is told by where it came.
  const [path] = request.target.split("?", 1);
  if (provider.ownCallback === true && new URL(flow.redirectUri).pathname !== path) return false;
  if (posted !== (request.method === "POST")) return false;
  const origin = posted ? request.header("origin") : undefined;
  // A page that sends no referrer posts with the origin `null`.
  return origin === undefined || origin === "null" || origin === flow.page || origin === new URL(provider.issuer).origin;
}

/** Sets the one-time marker that lets one request send the code. It is valid while any replica accepts the cookie. */
async function firstUse(flow: Flow, { store, clock, report }: OidcDependencies): Promise<boolean | CoatcheckError> {
  try {
    return await store.mark(flowMarkerKey(flow.state), flow.createdAt + 3 * FLOW_LIFETIME, clock.now());
  } catch (cause) {
    return new CoatcheckError(storeFailed(report, "mark", cause), { cause });
  }
}

async function finish(
  provider: LoginProvider,
  { state, nonce, verifier, redirectUri: to, parameters }: Flow,
  response: URLSearchParams,
): Promise<({ readonly kind: "login" } & ProviderLogin) | ProviderFailure> {
  const result = await provider.redeem({ state, nonce, verifier, redirectUri: to, parameters, response });
  if (result.kind !== "login" || namesOf(result).every(isStorable)) return result;
  const cause = new TypeError("issuer, subject or sid has NUL or half a surrogate pair in it, which no store keeps");
  return { kind: "invalid", code: "ERR_PROVIDER_RESPONSE", cause };
}

/** What stands in the store as the provider said it. */
const namesOf = ({ identity, sid }: ProviderLogin): readonly string[] => [identity.issuer, identity.subject, sid ?? ""];
