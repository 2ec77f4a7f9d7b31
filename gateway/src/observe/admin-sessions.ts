/** The sessions API of the admin listener. */
import type { RouteResponse, SessionDirectory } from "coatcheck";
import { sameSecret } from "coatcheck/secrets";
import { problemOf } from "../response/response.ts";
import { SELECTOR_NAMES, type SelectorName, userSelectorOf } from "../session/user-selector.ts";

/** What the sessions API of the admin listener is made of. */
export interface SessionsApi {
  /** What it asks for now; without one there is no API. */
  readonly token: () => string | undefined;
  readonly directory: SessionDirectory;
}

/** A request to it. */
interface SessionsRequest {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | undefined;
}

/** Whether a path belongs to the API. */
export function isSessionsPath(path: string): boolean {
  return path === "/sessions" || path.startsWith("/sessions/");
}

/** Lists, shows and ends sessions for callers with the token. It is checked first: others do not learn what exists. */
export async function answerSessions(
  request: SessionsRequest,
  { token: tokenNow, directory }: SessionsApi,
): Promise<RouteResponse> {
  const token = tokenNow();
  if (token === undefined) return problemOf("ERR_NOT_FOUND", [], NO_TOKEN);
  const refused = refusal(request.authorization, token);
  if (refused !== undefined) return refused;
  const { method } = request;
  if (method !== "GET" && method !== "HEAD" && method !== "DELETE") {
    return problemOf("ERR_METHOD_NOT_ALLOWED", [["allow", "GET, HEAD, DELETE"]]);
  }
  const cut = request.target.indexOf("?");
  const path = cut === -1 ? request.target : request.target.slice(0, cut);
  const query = new URLSearchParams(cut === -1 ? "" : request.target.slice(cut + 1));
  return path === "/sessions"
    ? ofOwner(query, method === "DELETE", directory)
    : ofId(path.slice("/sessions/".length), query, method === "DELETE", directory);
}

const NO_TOKEN = "The sessions API needs a token: set COATCHECK_ADMIN_TOKEN (admin.token).";

function refusal(authorization: string | undefined, token: string): RouteResponse | undefined {
  const presented = /^bearer +(\S.*)$/i.exec(authorization ?? "")?.[1];
  if (presented === undefined) return problemOf("ERR_UNAUTHENTICATED", [["www-authenticate", "Bearer"]]);
  if (sameSecret(presented, token)) return undefined;
  return problemOf("ERR_INVALID_CREDENTIAL", [["www-authenticate", 'Bearer error="invalid_token"']]);
}

async function ofOwner(query: URLSearchParams, ending: boolean, directory: SessionDirectory): Promise<RouteResponse> {
  const wrong = wrongParameter(query, SELECTOR_NAMES);
  if (wrong !== undefined) return wrong;
  const given = (name: SelectorName): string | undefined => query.get(name) ?? undefined;
  const selector = userSelectorOf({ owner: given("owner"), issuer: given("issuer"), subject: given("subject") });
  if (selector.kind === "wrong") return badRequest(`${selector.name} ${selector.why}.`);
  if (ending) return said({ ended: await directory.endAll(selector.owner, "admin") });
  return said({ sessions: await directory.list(selector.owner) });
}

async function ofId(id: string, query: URLSearchParams, ending: boolean, directory: SessionDirectory): Promise<RouteResponse> {
  const wrong = wrongParameter(query, []);
  if (wrong !== undefined) return wrong;
  if (!/^[A-Za-z0-9_-]{22}$/.test(id)) return NO_SESSION;
  if (ending) return (await directory.end(id, "admin")) ? { status: 204, headers: [], body: "" } : NO_SESSION;
  const info = await directory.show(id);
  return info === null ? NO_SESSION : said(info);
}

const NO_SESSION = problemOf("ERR_NOT_FOUND", [], "No session of this id is alive.");

/** A parameter that means nothing here, or stands twice: a mistyped one must not widen what is ended. */
function wrongParameter(query: URLSearchParams, known: readonly string[]): RouteResponse | undefined {
  for (const name of new Set(query.keys())) {
    const shown = JSON.stringify(name.slice(0, 40));
    if (!known.includes(name)) return badRequest(`${shown} is no parameter here.`);
    if (query.getAll(name).length > 1) return badRequest(`${name} is given more than once.`);
  }
  return undefined;
}

const badRequest = (detail: string): RouteResponse => problemOf("ERR_BAD_REQUEST", [], detail);

function said(value: object): RouteResponse {
  return { status: 200, headers: [["content-type", "application/json"]], body: `${JSON.stringify(value)}\n` };
}
