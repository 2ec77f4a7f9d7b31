import type { RouteExchange, RouteRequest, RouteResponse } from "../contracts.ts";
import { json, refusal } from "./answers.ts";
import type { OidcDependencies } from "./dependencies.ts";

const OWN_ORIGIN = [
  ["cross-origin-resource-policy", "same-origin"],
  ["vary", "Cookie, Sec-Fetch-Site"],
] as const;

/** `GET session`: who is signed in and until when, for the site's own scripts. Never a token. Times are milliseconds. */
export function showSession(request: RouteRequest, exchange: RouteExchange, deps: OidcDependencies): RouteResponse {
  const site = request.header("sec-fetch-site");
  if (site === "same-site" || site === "cross-site") return refusal("ERR_CROSS_SITE", undefined, OWN_ORIGIN);
  const { identity, id, createdAt, expiresAt, idleExpiresAt } = exchange.session;
  if (identity === null) return refusal("ERR_UNAUTHENTICATED", undefined, OWN_ORIGIN);
  const { issuer, subject, claims } = identity;
  const session = id === null ? null : { id, createdAt, expiresAt, idleExpiresAt };
  return json(200, { identity: { issuer, subject, claims }, session, logoutUrl: `${deps.prefix}/logout` }, OWN_ORIGIN);
}

/** `POST session`: the person is here. The route touches; there is nothing to say. */
export function keepSession(_request: RouteRequest, exchange: RouteExchange): RouteResponse {
  if (exchange.session.identity === null) return refusal("ERR_UNAUTHENTICATED", undefined, OWN_ORIGIN);
  return { status: 204, headers: [["cache-control", "no-store"], ...OWN_ORIGIN], body: "" };
}
