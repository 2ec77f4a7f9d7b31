/** The tokens API of the admin listener: for agents, runners and tenants, without a browser (S-58). */
import type { RouteResponse, TokenDirectory, TokenRequest } from "coatcheck";
import { omitUndefined, parseDuration } from "coatcheck/settings";
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

type Tokens = Pick<TokenDirectory, "issue" | "list" | "revoke">;

/** Whether a path belongs to the API. */
export function isTokensPath(path: string): boolean {
  return path === "/tokens" || path.startsWith("/tokens/");
}

/** Issues, lists and revokes tokens of our own. */
export async function answerTokens(request: AdminRequest, tokens: Tokens): Promise<RouteResponse> {
  const { method } = request;
  const { path, query } = placeOf(request);
  if (path !== "/tokens")
    return method === "DELETE" ? revoked(path.slice("/tokens/".length), query, tokens) : notAllowed("DELETE");
  if (method === "POST") return wrongParameter(query, []) ?? issued(await request.body(MOST_BYTES), tokens);
  if (method !== "GET" && method !== "HEAD") return notAllowed("GET, HEAD, POST");
  const owner = ownerOf(query);
  return typeof owner === "string" ? said({ tokens: await tokens.list(owner) }) : owner;
}

const MOST_BYTES = 65_536;
const NO_TOKEN = problemOf("ERR_NOT_FOUND", [], "No token of this id is alive.");

async function revoked(id: string, query: URLSearchParams, tokens: Tokens): Promise<RouteResponse> {
  return wrongParameter(query, []) ?? (isId(id) && (await tokens.revoke(id)) ? NOTHING : NO_TOKEN);
}

async function issued(body: string, tokens: Tokens): Promise<RouteResponse> {
  const request = requestIn(body);
  if ("wrong" in request) return badRequest(request.wrong);
  try {
    return said(await tokens.issue(request.value), 201);
  } catch (error) {
    // What the library says of its options: it quotes names of settings, and no more of the request than its words.
    if (!(error instanceof TypeError)) throw error;
    return badRequest(`${error.message}.`);
  }
}

const TEXTS = ["audience", "scope", "owner", "client"] as const;
const KNOWN: readonly string[] = [...TEXTS, "subject", "lifetime", "refreshable"];
/** What is meant, or what is wrong. */
type Read<T> = { readonly value: T } | { readonly wrong: string };

/** The JSON of a {@link TokenRequest}. A name that means nothing may have been meant to narrow what is given. */
function requestIn(body: string): Read<TokenRequest> {
  const given = membersIn(body);
  if (given === null) return { wrong: "The body is no JSON object." };
  const strange = [...given.keys()].find((name) => !KNOWN.includes(name));
  if (strange !== undefined) return { wrong: `${JSON.stringify(strange.slice(0, 40))} is no field here.` };
  const texts = new Map<string, string>();
  for (const name of TEXTS) {
    const value = given.get(name);
    if (typeof value === "string") texts.set(name, value);
    else if (value !== undefined) return { wrong: `${name} is no text.` };
  }
  const lifetime = given.get("lifetime");
  const milliseconds = typeof lifetime === "string" ? parseDuration(lifetime) : undefined;
  if (lifetime !== undefined && milliseconds === undefined) return { wrong: "lifetime is no text such as 30m." };
  const refreshable = given.get("refreshable") ?? false;
  if (typeof refreshable !== "boolean") return { wrong: "refreshable is neither true nor false." };
  const subject = subjectIn(given.get("subject"));
  if (subject === null) return { wrong: "subject is no name, and has no issuer and subject." };
  const [audience = "", scope, owner, client] = TEXTS.map((name) => texts.get(name));
  return { value: { subject, audience, refreshable, ...omitUndefined({ scope, owner, client, lifetime: milliseconds }) } };
}

/** A name of the operator's own, or a person as an issuer knows them. */
function subjectIn(given: unknown): TokenRequest["subject"] | null {
  if (typeof given === "string") return given === "" ? null : given;
  const members = membersOf(given);
  const [issuer, subject] = [members?.get("issuer"), members?.get("subject")];
  return typeof issuer === "string" && typeof subject === "string" && members?.size === 2 ? { issuer, subject } : null;
}

function membersIn(body: string): ReadonlyMap<string, unknown> | null {
  try {
    return membersOf(JSON.parse(body));
  } catch {
    return null;
  }
}

const membersOf = (value: unknown): ReadonlyMap<string, unknown> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : null;
