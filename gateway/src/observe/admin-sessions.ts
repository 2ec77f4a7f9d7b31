/** The sessions API of the admin listener. */
import type { RouteResponse, SessionDirectory } from "coatcheck";
import { problemOf } from "../response/response.ts";
import { type AdminRequest, isId, NOTHING, notAllowed, ownerOf, placeOf, said, wrongParameter } from "./admin-answers.ts";

/** Whether a path belongs to the API. */
export function isSessionsPath(path: string): boolean {
  return path === "/sessions" || path.startsWith("/sessions/");
}

/** Lists, shows and ends sessions. */
export async function answerSessions(request: AdminRequest, directory: SessionDirectory): Promise<RouteResponse> {
  const { method } = request;
  if (method !== "GET" && method !== "HEAD" && method !== "DELETE") return notAllowed("GET, HEAD, DELETE");
  const { path, query } = placeOf(request);
  return path === "/sessions"
    ? ofOwner(query, method === "DELETE", directory)
    : ofId(path.slice("/sessions/".length), query, method === "DELETE", directory);
}

async function ofOwner(query: URLSearchParams, ending: boolean, directory: SessionDirectory): Promise<RouteResponse> {
  const owner = ownerOf(query);
  if (typeof owner !== "string") return owner;
  if (ending) return said({ ended: await directory.endAll(owner, "admin") });
  return said({ sessions: await directory.list(owner) });
}

async function ofId(id: string, query: URLSearchParams, ending: boolean, directory: SessionDirectory): Promise<RouteResponse> {
  const wrong = wrongParameter(query, []);
  if (wrong !== undefined) return wrong;
  if (!isId(id)) return NO_SESSION;
  if (ending) return (await directory.end(id, "admin")) ? NOTHING : NO_SESSION;
  const info = await directory.show(id);
  return info === null ? NO_SESSION : said(info);
}

const NO_SESSION = problemOf("ERR_NOT_FOUND", [], "No session of this id is alive.");
