/** `link`: a signed-in user shows at another provider who they are there too, because the app asked for it. */
import type { ProviderLogin, RouteExchange, RouteRequest, RouteResponse } from "../../contracts.ts";
import type { CoatcheckError } from "../../core/errors.ts";
import { ownerOf } from "../../core/record.ts";
import type { LoginProvider } from "../dependencies.ts";
import { queryOf, repeated } from "../parameters.ts";
import { redirect, refusal } from "../responses.ts";
import { returnToAfterLogin } from "../return-to.ts";
import { askToLink } from "./admission.ts";
import { sendToProvider } from "./login.ts";
import type { LoginDependencies } from "./login-dependencies.ts";
import { type Failure, loginFailed } from "./login-failed.ts";

const MOST_FORM_BYTES = 8_192;

/**
 * `POST link`, a form of the app's own page: sends the browser to the provider that it names. The way back is bound to
 * the user who is signed in, and to this browser, as a login's is.
 */
export async function beginLink(
  request: RouteRequest,
  { session }: RouteExchange,
  deps: LoginDependencies,
): Promise<RouteResponse> {
  if (session.id === null || session.owner === null || session.identity === null) return refusal("ERR_UNAUTHENTICATED");
  const given = await parametersOf(request);
  const returnTo = returnToAfterLogin(given?.get("return_to"), request.origin, deps.prefix, deps.returnOrigins);
  const provider = deps.providers.find(({ name }) => name === given?.get("provider"));
  if (provider === undefined) {
    const failure: Failure = { code: "ERR_BAD_REQUEST", reason: "parameter", parameter: "provider", returnTo, signedIn: true };
    return loginFailed(request, failure, deps);
  }
  return sendToProvider(request, deps, { provider, returnTo, parameters: {}, again: false, link: session.owner });
}

/** `provider` and `return_to` of the form or the query; `null` if one is there twice, or the form cannot be read. */
async function parametersOf(request: RouteRequest): Promise<URLSearchParams | null> {
  const form = /^application\/x-www-form-urlencoded\b/i.test(request.header("content-type") ?? "");
  const body = form ? await request.body(MOST_FORM_BYTES).catch((_: CoatcheckError) => null) : "";
  if (body === null) return null;
  const all = new URLSearchParams([...queryOf(request), ...new URLSearchParams(body)]);
  return repeated(all, ["provider", "return_to"]) === undefined ? all : null;
}

/** What the answer to a link is about. */
interface Linking {
  readonly owner: string;
  readonly provider: LoginProvider;
  readonly returnTo: string;
  /** `Set-Cookie` lines. */
  readonly cookies: readonly string[];
}

/** Tells the app whom the provider vouches for; the session stays as it is. */
export async function finishLink(
  request: RouteRequest,
  { identity, tokens }: ProviderLogin,
  { owner, provider, returnTo, cookies }: Linking,
  deps: LoginDependencies,
): Promise<RouteResponse> {
  const { name } = provider;
  const asked = await askToLink(deps.onLink, { owner, identity, tokens, provider: name, request }, deps.clock);
  if (asked.kind === "admitted") {
    deps.report({ name: "login.linked", level: "info", provider: name, owner });
    return redirect(303, returnTo, cookies);
  }
  deps.background.waitUntil(provider.revoke(tokens));
  const about = { provider: name, returnTo, cookies, signedIn: true };
  if (asked.kind === "failed")
    return loginFailed(request, { ...about, code: asked.code, reason: "app", error: asked.cause }, deps);
  const { kind: reason, ...told } = asked;
  return loginFailed(request, { ...about, ...told, code: "ERR_FORBIDDEN", reason, owner: ownerOf(identity) }, deps);
}
