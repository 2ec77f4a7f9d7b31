/** `sessions`: lists a user's sessions, and ends them. */
import type { RouteExchange, RouteRequest, RouteResponse, SessionInfo } from "../contracts.ts";
import { isId } from "../crypto/ticket.ts";
import type { OidcDependencies } from "./dependencies.ts";
import { forgetting, signOut } from "./logout/logout.ts";
import { json, refusal } from "./responses.ts";
import { fromElsewhere, OWN_ORIGIN } from "./session.ts";

/**
 * `GET sessions`: the user's sessions, newest first. Ids are handles and prove nothing (SE-10). Times are
 * milliseconds.
 */
export async function listSessions(
  request: RouteRequest,
  exchange: RouteExchange,
  deps: OidcDependencies,
): Promise<RouteResponse> {
  if (fromElsewhere(request)) return refusal("ERR_CROSS_SITE", undefined, OWN_ORIGIN);
  const { owner, id: current } = exchange.session;
  if (owner === null || exchange.byCredential) return notAPerson(exchange);
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
  if (owner === null || exchange.byCredential) return notAPerson(exchange);
  const id = lastSegment(request.target);
  if (!isId(id)) return unknown();
  if (id === current) {
    signOut(exchange, exchange.provider(), deps);
    return forgetting(ENDED, deps);
  }
  const found = await deps.sessions.show(id);
  if (found === null || found.owner !== owner) return unknown();
  return (await deps.sessions.end(id, "elsewhere")) ? ENDED : unknown();
}

/** `POST sessions/end-others`: ends all of the user's except the caller's, also those whose login is in progress. */
export async function endOthers(_request: RouteRequest, exchange: RouteExchange, deps: OidcDependencies): Promise<RouteResponse> {
  const { owner, id: current } = exchange.session;
  if (owner === null || exchange.byCredential) return notAPerson(exchange);
  const ended = await deps.sessions.endAll(owner, "elsewhere", current ?? undefined);
  return json(200, { ended }, OWN_ORIGIN);
}

const ENDED: RouteResponse = { status: 204, headers: [["cache-control", "no-store"], ...OWN_ORIGIN], body: "" };
const unknown = (): RouteResponse => refusal("ERR_NOT_FOUND", undefined, OWN_ORIGIN);

// Only a browser's session may see and end sessions: no access token may, whatever its scope.
const notAPerson = ({ byCredential }: RouteExchange): RouteResponse =>
  refusal(byCredential ? "ERR_FORBIDDEN" : "ERR_UNAUTHENTICATED", undefined, OWN_ORIGIN);

// As it was sent: an id needs no escapes, so what has some is none.
function lastSegment(target: string): string {
  const path = target.split("?", 1)[0] ?? "";
  return path.slice(path.lastIndexOf("/") + 1);
}
