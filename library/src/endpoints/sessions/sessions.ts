/** `sessions`: lists a user's sessions, and ends them, as JSON for scripts and as a page for people. */
import type { RouteExchange, RouteRequest, RouteResponse, SessionInfo } from "../../contracts.ts";
import { isNavigation } from "../../core/navigation.ts";
import { isId } from "../../crypto/ticket.ts";
import type { OidcDependencies } from "../dependencies.ts";
import { forgetting, signOut } from "../logout/logout.ts";
import { signedOutAddress } from "../logout/signed-out.ts";
import { repeated } from "../parameters.ts";
import { json, redirect, refusal } from "../responses.ts";
import { fromElsewhere, OWN_ORIGIN } from "../session.ts";
import { isRecent, loginFirst, showSessions, signInFirst } from "./sessions-page.ts";

const MOST_FORM_BYTES = 1_024;

/**
 * `GET sessions`: the user's sessions, newest first. Ids are handles and prove nothing (SE-10). Times are
 * milliseconds. A navigation gets a page.
 */
export async function listSessions(
  request: RouteRequest,
  exchange: RouteExchange,
  deps: OidcDependencies,
): Promise<RouteResponse> {
  const page = isNavigation(request);
  if (!page && fromElsewhere(request)) return refusal("ERR_CROSS_SITE", undefined, OWN_ORIGIN);
  const { owner, id: current } = exchange.session;
  if (owner === null || exchange.byCredential) return notAPerson(request, exchange, deps);
  if (page) return showSessions(request, exchange, owner, deps);
  const sessions = await deps.sessions.list(owner);
  return json(200, { sessions: sessions.map((info) => shown(info, current)) }, OWN_ORIGIN);
}

function shown(info: SessionInfo, current: string | null) {
  const { id, createdAt, seenAt, expiresAt, idleExpiresAt, method, userAgent, address } = info;
  return { id, current: id === current, createdAt, seenAt, expiresAt, idleExpiresAt, method, userAgent, address };
}

/** `DELETE sessions/{id}`: ends one of the user's own. It does not tell whether another user's exists (SE-10). */
export async function endSession(request: RouteRequest, exchange: RouteExchange, deps: OidcDependencies): Promise<RouteResponse> {
  const { owner, id: current } = exchange.session;
  if (owner === null || exchange.byCredential) return notAPerson(request, exchange, deps);
  const id = lastSegment(request.target);
  if (!isId(id)) return unknown();
  if (id === current) {
    signOut(exchange, exchange.provider(), deps);
    return forgetting(ENDED, deps);
  }
  if (!isRecent(exchange, deps)) return signInFirst(request, exchange, deps);
  return (await endOwn(id, owner, deps)) ? ENDED : unknown();
}

async function endOwn(id: string, owner: string, { sessions }: OidcDependencies): Promise<boolean> {
  const found = await sessions.show(id);
  return found !== null && found.owner === owner && sessions.end(id, "elsewhere");
}

/**
 * `POST sessions/end`: the form of the page, which ends a session or revokes a token, and leads back to the page. What
 * is not there any more, or is another user's, leads back as well.
 */
export async function endByForm(request: RouteRequest, exchange: RouteExchange, deps: OidcDependencies): Promise<RouteResponse> {
  const { owner, id: current } = exchange.session;
  if (owner === null || exchange.byCredential) return notAPerson(request, exchange, deps);
  const form = new URLSearchParams(await request.body(MOST_FORM_BYTES));
  if (repeated(form, ["session", "token"]) !== undefined) return refusal("ERR_BAD_REQUEST", undefined, OWN_ORIGIN);
  const [session, token] = [form.get("session") ?? "", form.get("token") ?? ""];
  if (session !== "" && session === current) {
    signOut(exchange, exchange.provider(), deps);
    return forgetting(redirect(303, signedOutAddress(deps)), deps);
  }
  if (!isRecent(exchange, deps)) return signInFirst(request, exchange, deps);
  if (isId(session)) await endOwn(session, owner, deps);
  else if (isId(token)) await revokeOwn(token, owner, deps);
  return redirect(303, `${deps.prefix}/sessions`);
}

async function revokeOwn(id: string, owner: string, { tokens }: OidcDependencies): Promise<void> {
  if ((await tokens.list(owner)).some((token) => token.id === id)) await tokens.revoke(id);
}

/** `POST sessions/end-others`: ends all of the user's except the caller's, also those whose login is in progress. */
export async function endOthers(request: RouteRequest, exchange: RouteExchange, deps: OidcDependencies): Promise<RouteResponse> {
  const { owner, id: current } = exchange.session;
  if (owner === null || exchange.byCredential) return notAPerson(request, exchange, deps);
  if (!isRecent(exchange, deps)) return signInFirst(request, exchange, deps);
  const ended = await deps.sessions.endAll(owner, "elsewhere", current ?? undefined);
  return isNavigation(request) ? redirect(303, `${deps.prefix}/sessions`) : json(200, { ended }, OWN_ORIGIN);
}

const ENDED: RouteResponse = { status: 204, headers: [["cache-control", "no-store"], ...OWN_ORIGIN], body: "" };
const unknown = (): RouteResponse => refusal("ERR_NOT_FOUND", undefined, OWN_ORIGIN);

/** Only a browser's session may see and end sessions: no access token may, whatever its scope. */
function notAPerson(request: RouteRequest, { byCredential }: RouteExchange, deps: OidcDependencies): RouteResponse {
  if (byCredential) return refusal("ERR_FORBIDDEN", undefined, OWN_ORIGIN);
  const login = isNavigation(request) ? loginFirst(deps) : null;
  return login === null ? refusal("ERR_UNAUTHENTICATED", undefined, OWN_ORIGIN) : redirect(303, login);
}

// As it was sent: an id needs no escapes, so what has some is none.
function lastSegment(target: string): string {
  const path = target.split("?", 1)[0] ?? "";
  return path.slice(path.lastIndexOf("/") + 1);
}
