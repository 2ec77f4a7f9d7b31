/** The table of endpoints. */
import type { Route } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { continueForm } from "./continue.ts";
import type { OidcDependencies } from "./dependencies.ts";
import { finishLogin, loginNotTaken } from "./login/callback.ts";
import { beginLink } from "./login/link.ts";
import { beginLogin, tellsEnding } from "./login/login.ts";
import type { LoginDependencies } from "./login/login-dependencies.ts";
import { askLogout, logout } from "./logout/logout.ts";
import { continueLogout } from "./logout/provider-logout-link.ts";
import { providerLogoutRoutes } from "./logout/provider-logout-routes.ts";
import { showSignedOut } from "./logout/signed-out.ts";
import { keepSession, showSession } from "./session.ts";
import { endByForm, endOthers, endSession, listSessions } from "./sessions/sessions.ts";
import { StoreKinship } from "./store-kinship.ts";

/**
 * The endpoints of sign-on. Their guards (CSRF, the look-up, the cookie of the session) are the engine's.
 *
 * @throws CoatcheckError `ERR_CONFIG` if two providers have one name, and for form_post on http.
 */
export function oidcRoutes(deps: OidcDependencies): readonly Route[] {
  const names = deps.providers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new CoatcheckError("ERR_CONFIG", { message: `two providers are named "${twice}"; names are unique.` });
  const signOn: LoginDependencies = { ...deps, kinship: new StoreKinship(deps) };
  const routes: Route[] = [
    {
      method: "GET",
      path: "login",
      // Only who is to be told that a session is over may have another one by now.
      lookup: tellsEnding,
      touches: false,
      endpoint: (request, { session }) => beginLogin(request, session, signOn),
      refused: (request) => beginLogin(request, null, signOn),
    },
    {
      method: "GET",
      path: "callback",
      lookup: true,
      touches: false,
      endpoint: (request, exchange) => finishLogin(request, exchange, signOn),
      refused: (request, code) => loginNotTaken(request, code, deps),
    },
    { method: "GET", path: "logout", lookup: false, touches: false, endpoint: (request) => askLogout(request, deps) },
    {
      method: "GET",
      path: "logout/continue",
      lookup: false,
      touches: false,
      endpoint: (request) => continueLogout(request, deps),
    },
    {
      method: "GET",
      path: "continue",
      lookup: true,
      touches: false,
      endpoint: (request, exchange) => continueForm(request, exchange, deps),
    },
    {
      method: "GET",
      path: "signed-out",
      lookup: true,
      touches: false,
      endpoint: (request, { session }) => showSignedOut(request, session, deps),
      refused: (request) => showSignedOut(request, null, deps),
    },
    {
      method: "POST",
      path: "logout",
      lookup: true,
      touches: false,
      signsOut: true,
      endpoint: (request, exchange) => logout(request, exchange, deps),
    },
    {
      method: "GET",
      path: "session",
      lookup: true,
      touches: false,
      refreshes: true,
      endpoint: (request, exchange) => showSession(request, exchange, deps),
    },
    { method: "POST", path: "session", lookup: true, touches: true, endpoint: keepSession },
    ...sessionsRoutes(deps),
    ...providerLogoutRoutes(deps),
  ];
  if (deps.onLink !== undefined) {
    const link = { method: "POST", path: "link", lookup: true, touches: true } as const;
    routes.push({ ...link, endpoint: (request, exchange) => beginLink(request, exchange, signOn) });
  }
  if (deps.providers.some(({ ownCallback }) => ownCallback === true)) {
    routes.push({
      ...{ method: "GET", path: "callback/{id}", lookup: true, touches: false },
      endpoint: (request, exchange) => finishLogin(request, exchange, signOn),
      refused: (request, code) => loginNotTaken(request, code, deps),
    });
  }
  if (deps.providers.some(({ responseMode }) => responseMode === "form_post")) {
    deps.cookies.formPostLogin("-".repeat(11));
    routes.push({
      method: "POST",
      path: "callback",
      crossSite: true,
      lookup: true,
      touches: false,
      endpoint: (request, exchange) => finishLogin(request, exchange, signOn),
      refused: (request, code) => loginNotTaken(request, code, deps),
    });
  }
  return routes;
}

/** The user's own sessions: list, end one, end the others; and the form of their page. */
function sessionsRoutes(deps: OidcDependencies): readonly Route[] {
  const usual = { lookup: true, touches: false } as const;
  return [
    { ...usual, method: "GET", path: "sessions", endpoint: (request, exchange) => listSessions(request, exchange, deps) },
    { ...usual, method: "DELETE", path: "sessions/{id}", endpoint: (request, exchange) => endSession(request, exchange, deps) },
    {
      ...usual,
      method: "POST",
      path: "sessions/end-others",
      endpoint: (request, exchange) => endOthers(request, exchange, deps),
    },
    { ...usual, method: "POST", path: "sessions/end", endpoint: (request, exchange) => endByForm(request, exchange, deps) },
  ];
}
