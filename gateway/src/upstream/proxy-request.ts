/** An admitted request on its way to an upstream, and the headers that it is sent with. */
import type { RequestView, RouteResponse } from "coatcheck/contracts";
import type { Observer } from "../observe/observer.ts";
import type { IncomingRequest } from "../request/intake.ts";
import type { Admission } from "../session/interface.ts";
import type { LeftOut } from "./headers/identity-headers.ts";
import type { IsOwnCookie } from "./headers/own-cookies.ts";
import type { OpenStreams } from "./open-streams.ts";
import type { Route } from "./route.ts";

/** What stays the same for all requests on their way to upstreams. */
export interface ProxyContext {
  readonly isOwnCookie: IsOwnCookie;
  readonly observer: Observer;
  readonly streams: OpenStreams;
  /** The largest body, in bytes; 0: no limit. */
  readonly bodyLimit: number;
  /** What a failure is answered with. */
  readonly answerFailure: (error: unknown, request: RequestView, mayLogin?: boolean) => RouteResponse;
  /** Whether the server stops: connections close with their answer. */
  isDraining(): boolean;
}

/** A request that may pass, with its route and its caller. */
export interface ProxyRequest {
  readonly incoming: IncomingRequest;
  readonly route: Route;
  /** `null` if the caller was not authenticated: the route is public. */
  readonly admission: Admission | null;
  readonly accessToken: string | undefined;
}

/**
 * The whole header of the request to the upstream: what the client said and may say, then what only the gateway says.
 */
export function upstreamHeaders({ incoming, route, admission, accessToken }: ProxyRequest, leftOut: LeftOut): string[] {
  const { head, origin, client } = incoming;
  const headers = head.kept;
  if (route.passHost) headers.push("host", origin.host);
  headers.push(
    "x-forwarded-for",
    client,
    "x-forwarded-host",
    origin.host,
    "x-forwarded-proto",
    origin.scheme,
    ...identityLines(route, admission, leftOut),
  );
  if (route.audience !== undefined) headers.push("x-coatcheck-assertion", admission?.assertion(route.audience) ?? "");
  if (route.token === "header") headers.push("x-auth-request-access-token", accessToken ?? "");
  const bears = route.token === "authorization" || route.token === "own";
  if (bears && accessToken !== undefined) headers.push("authorization", `Bearer ${accessToken}`);
  if (route.access === "public" && head.authorization !== undefined) headers.push("authorization", head.authorization);
  return headers;
}

/** The same header with another access token. */
export function withToken(headers: readonly string[], before: string, token: string): string[] {
  return headers.map((value, index) => {
    const name = headers[index - 1];
    if (index % 2 === 0) return value;
    if (name === "x-auth-request-access-token") return token;
    return name === "authorization" && value === `Bearer ${before}` ? `Bearer ${token}` : value;
  });
}

function identityLines({ told }: Route, admission: Admission | null, leftOut: LeftOut): readonly string[] {
  return told.of(admission?.identity ?? null, leftOut).lines;
}
