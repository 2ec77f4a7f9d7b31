/** What the APIs of the admin listener have in common: their guard, and their answers. */
import type { RouteResponse } from "coatcheck";
import { sameSecret } from "coatcheck/secrets";
import { problemOf } from "../response/response.ts";
import { SELECTOR_NAMES, type SelectorName, userSelectorOf } from "../session/user-selector.ts";

/** A request to one of them. */
export interface AdminRequest {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | undefined;
  /** The whole body; rejects with `ERR_BODY_TOO_LARGE` past `limit` bytes. */
  body(limit: number): Promise<string>;
}

const NO_TOKEN = "This API needs a token: set COATCHECK_ADMIN_TOKEN (admin.token).";

/** The answer to who has not the operators' token; without one there is no API. Others do not learn what exists. */
export function guarded(
  { authorization }: Pick<AdminRequest, "authorization">,
  token: string | undefined,
): RouteResponse | undefined {
  if (token === undefined) return problemOf("ERR_NOT_FOUND", [], NO_TOKEN);
  const presented = /^bearer +(\S.*)$/i.exec(authorization ?? "")?.[1];
  if (presented === undefined) return problemOf("ERR_UNAUTHENTICATED", [["www-authenticate", "Bearer"]]);
  if (sameSecret(presented, token)) return undefined;
  return problemOf("ERR_INVALID_CREDENTIAL", [["www-authenticate", 'Bearer error="invalid_token"']]);
}

/** Path and query of a request. */
export function placeOf({ target }: Pick<AdminRequest, "target">): { readonly path: string; readonly query: URLSearchParams } {
  const cut = target.indexOf("?");
  const path = cut === -1 ? target : target.slice(0, cut);
  return { path, query: new URLSearchParams(cut === -1 ? "" : target.slice(cut + 1)) };
}

/** The owner that the query names, or what is wrong with it. */
export function ownerOf(query: URLSearchParams): string | RouteResponse {
  const wrong = wrongParameter(query, SELECTOR_NAMES);
  if (wrong !== undefined) return wrong;
  const given = (name: SelectorName): string | undefined => query.get(name) ?? undefined;
  const selector = userSelectorOf({ owner: given("owner"), issuer: given("issuer"), subject: given("subject") });
  return selector.kind === "owner" ? selector.owner : badRequest(`${selector.name} ${selector.why}.`);
}

/** A parameter that means nothing here, or stands twice: a mistyped one must not widen what is ended. */
export function wrongParameter(query: URLSearchParams, known: readonly string[]): RouteResponse | undefined {
  for (const name of new Set(query.keys())) {
    const shown = JSON.stringify(name.slice(0, 40));
    if (!known.includes(name)) return badRequest(`${shown} is no parameter here.`);
    if (query.getAll(name).length > 1) return badRequest(`${name} is given more than once.`);
  }
  return undefined;
}

export const isId = (text: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(text);

export const badRequest = (detail: string): RouteResponse => problemOf("ERR_BAD_REQUEST", [], detail);

export const notAllowed = (allow: string): RouteResponse => problemOf("ERR_METHOD_NOT_ALLOWED", [["allow", allow]]);

export const NOTHING: RouteResponse = { status: 204, headers: [], body: "" };

export function said(value: object, status = 200): RouteResponse {
  return { status, headers: [["content-type", "application/json"]], body: `${JSON.stringify(value)}\n` };
}
