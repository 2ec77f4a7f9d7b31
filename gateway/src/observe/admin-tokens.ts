/** The tokens API of the admin listener: for agents, runners, tenants and people, without a browser (S-58). */
import type { RouteResponse, TokenDirectory } from "coatcheck";
import { CoatcheckError } from "coatcheck/errors";
import { problemOf } from "../response/response.ts";
import {
  type AdminRequest,
  badRequest,
  isId,
  NOTHING,
  notAllowed,
  ownerOf,
  placeOf,
  said,
  wrongParameter,
} from "./admin-answers.ts";
import { personalRequestIn, tokenRequestIn } from "./admin-token-request.ts";

type Tokens = Pick<TokenDirectory, "issue" | "issuePersonal" | "list" | "revoke">;

/** Whether a path belongs to the API. */
export function isTokensPath(path: string): boolean {
  return path === "/tokens" || path.startsWith("/tokens/");
}

const PERSONAL = "/tokens/personal";

/** Issues, lists and revokes tokens of our own. */
export async function answerTokens(request: AdminRequest, tokens: Tokens): Promise<RouteResponse> {
  const { method } = request;
  const { path, query } = placeOf(request);
  if (path === PERSONAL && method !== "POST") return notAllowed("POST");
  if (path !== "/tokens" && path !== PERSONAL)
    return method === "DELETE" ? revoked(path.slice("/tokens/".length), query, tokens) : notAllowed("DELETE");
  if (method === "POST") return wrongParameter(query, []) ?? issued(path, await request.body(MOST_BYTES), tokens);
  if (method !== "GET" && method !== "HEAD") return notAllowed("GET, HEAD, POST");
  const owner = ownerOf(query);
  return typeof owner === "string" ? said({ tokens: await tokens.list(owner) }) : owner;
}

const MOST_BYTES = 65_536;
const NO_TOKEN = problemOf("ERR_NOT_FOUND", [], "No token of this id is alive.");

async function revoked(id: string, query: URLSearchParams, tokens: Tokens): Promise<RouteResponse> {
  return wrongParameter(query, []) ?? (isId(id) && (await tokens.revoke(id)) ? NOTHING : NO_TOKEN);
}

async function issued(path: string, body: string, tokens: Tokens): Promise<RouteResponse> {
  try {
    if (path === PERSONAL) {
      const read = personalRequestIn(body);
      return "wrong" in read ? badRequest(read.wrong) : said(await tokens.issuePersonal(read.value), 201);
    }
    const read = tokenRequestIn(body);
    return "wrong" in read ? badRequest(read.wrong) : said(await tokens.issue(read.value), 201);
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * Why nothing was issued. What is said quotes names of settings, and no more of the request than its words. A session
 * that is over is no 401: that would be about the operators' own token.
 */
function refusalOf(error: unknown): RouteResponse {
  if (error instanceof TypeError) return badRequest(`${error.message}.`);
  if (!(error instanceof CoatcheckError)) throw error;
  const { code, message } = error;
  switch (code) {
    case "ERR_BAD_REQUEST":
      return badRequest(message);
    case "ERR_FORBIDDEN":
    case "ERR_TOO_MANY_TOKENS":
      return problemOf(code, [], message);
    case "ERR_SESSION_ENDED":
      return problemOf("ERR_NOT_FOUND", [], "The session is over, or all of this user was ended meanwhile.");
    case "ERR_UNAUTHENTICATED":
      return badRequest("No user is signed in in the session that is parent.");
    default:
      throw error;
  }
}
