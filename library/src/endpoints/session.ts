/** `GET session`: who is signed in. */
import type { RouteExchange, RouteRequest, RouteResponse } from "../contracts.ts";
import type { OidcDependencies } from "./dependencies.ts";
import { json, refusal } from "./responses.ts";

/** The headers of answers about a user's sessions: they are for the site's own scripts. */
export const OWN_ORIGIN = [
  ["cross-origin-resource-policy", "same-origin"],
  ["vary", "Cookie, Sec-Fetch-Site"],
] as const;

/**
 * `GET session`: who is signed in and until when, for the site's own scripts. Never a token. Times are
 * milliseconds.
 */
export function showSession(request: RouteRequest, exchange: RouteExchange, deps: OidcDependencies): RouteResponse {
  if (fromElsewhere(request)) return refusal("ERR_CROSS_SITE", undefined, OWN_ORIGIN);
  const { identity, id, createdAt, expiresAt, idleExpiresAt } = exchange.session;
  if (identity === null) return refusal("ERR_UNAUTHENTICATED", undefined, OWN_ORIGIN);
  const { issuer, subject, claims } = identity;
  const session = id === null ? null : { id, createdAt, expiresAt, idleExpiresAt };
  return json(200, { identity: { issuer, subject, claims }, session, logoutUrl: `${deps.prefix}/logout` }, OWN_ORIGIN);
}

/** `POST session`: the user is active. The route touches, and answers without a body. */
export function keepSession(_request: RouteRequest, exchange: RouteExchange): RouteResponse {
  if (exchange.session.identity === null) return refusal("ERR_UNAUTHENTICATED", undefined, OWN_ORIGIN);
  return { status: 204, headers: [["cache-control", "no-store"], ...OWN_ORIGIN], body: "" };
}

/** Whether the request comes from another site's page. */
export function fromElsewhere(request: RouteRequest): boolean {
  const site = request.header("sec-fetch-site");
  return site === "same-site" || site === "cross-site";
}
