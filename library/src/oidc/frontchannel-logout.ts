import type { ErrorCode, RouteExchange, RouteRequest, RouteResponse } from "../contracts.ts";
import { CoatcheckError, ERRORS } from "../core/errors.ts";
import { isPrefetch } from "../core/navigation.ts";
import { refusal } from "./answers.ts";
import type { LoginProvider, OidcDependencies } from "./dependencies.ts";
import { queryOf, repeated } from "./parameters.ts";

const MAX_SID = 255;

/** What was asked: the end of one session of a provider, of the one whose cookie came along, or nothing that can be read. */
type Asked =
  | { readonly kind: "named"; readonly providers: readonly LoginProvider[]; readonly issuer: string; readonly sid: string }
  | { readonly kind: "cookie" }
  | { readonly kind: "malformed"; readonly reason: "repeated" | "parameter" | "issuer" };

/**
 * `GET frontchannel-logout`: a frame on the provider's page tells that somebody signed out there (OpenID Connect Front-Channel Logout 1.0).
 * Browsers send few cookies with such a frame, so `iss` and `sid` say which session it is. Knowing the `sid` is the proof, as the
 * specification has it. Only the provider may frame the answer.
 */
export async function frontchannelLogout(
  request: RouteRequest,
  exchange: RouteExchange,
  deps: OidcDependencies,
): Promise<RouteResponse> {
  const asked = read(request, deps);
  if (asked.kind === "cookie") return signOutByCookie(request, exchange, deps);
  return withoutSession(request, asked, deps);
}

/** The same where the store would not say whose cookie came along: a session that is named needs none. */
export async function frontchannelUnseen(request: RouteRequest, code: ErrorCode, deps: OidcDependencies): Promise<RouteResponse> {
  const asked = read(request, deps);
  return asked.kind === "cookie" ? refuse(code, "store", deps) : withoutSession(request, asked, deps);
}

function read(request: RouteRequest, { providers }: OidcDependencies): Asked {
  const query = queryOf(request);
  if (repeated(query, ["iss", "sid"]) !== undefined) return { kind: "malformed", reason: "repeated" };
  const issuer = query.get("iss");
  const sid = query.get("sid");
  if (issuer === null && sid === null) return { kind: "cookie" };
  if (issuer === null || sid === null || sid === "" || sid.length > MAX_SID) return { kind: "malformed", reason: "parameter" };
  const named = providers.filter((provider) => provider.issuer === issuer);
  return named.length === 0 ? { kind: "malformed", reason: "issuer" } : { kind: "named", providers: named, issuer, sid };
}

async function withoutSession(
  request: RouteRequest,
  asked: Exclude<Asked, { kind: "cookie" }>,
  deps: OidcDependencies,
): Promise<RouteResponse> {
  if (request.method === "HEAD") return refusal("ERR_METHOD_NOT_ALLOWED", undefined, [["allow", "GET"]]);
  if (asked.kind === "malformed") return refuse("ERR_BAD_REQUEST", asked.reason, deps);
  const { providers, issuer, sid } = asked;
  try {
    const count = await deps.sessions.signedOut({ issuer, sid, subject: null, issuedAt: deps.clock.now() });
    const [provider] = providers;
    deps.report({ name: "frontchannel.completed", level: "info", count, ...(provider ? { provider: provider.name } : {}) });
  } catch (error) {
    return refuse(error instanceof CoatcheckError ? error.code : "ERR_INTERNAL", "store", deps);
  }
  return framed(providers);
}

/** Without a name there is only the cookie. It counts in a frame alone: a link or a prefetch signs nobody out (S-46). */
function signOutByCookie(request: RouteRequest, exchange: RouteExchange, deps: OidcDependencies): Promise<RouteResponse> {
  const name = exchange.provider();
  const destination = request.header("sec-fetch-dest");
  const inFrame = (destination === undefined || destination === "iframe") && !isPrefetch(request) && request.method === "GET";
  if (inFrame && name !== null && deps.providers.some((provider) => provider.name === name)) {
    exchange.logout();
    exchange.whenStored(() => deps.report({ name: "frontchannel.completed", level: "info", provider: name, count: 1 }));
  }
  return framed(deps.providers);
}

function refuse(code: ErrorCode, reason: string, { report }: OidcDependencies): RouteResponse {
  report({ name: "frontchannel.refused", level: ERRORS[code].status >= 500 ? "error" : "warn", reason, code });
  return refusal(code, undefined, [["content-security-policy", "default-src 'none'; frame-ancestors 'none'"]]);
}

/** The page in the frame. No `X-Frame-Options`: it has no way to name another origin (LO-11, HD-02). */
async function framed(providers: readonly LoginProvider[]): Promise<RouteResponse> {
  const origins = new Set((await Promise.all(providers.map(originsOf))).flat());
  const ancestors = origins.size === 0 ? "'none'" : [...origins].join(" ");
  return {
    status: 200,
    headers: [
      ["content-type", "text/html; charset=utf-8"],
      ["cache-control", "no-store"],
      ["content-security-policy", `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors ${ancestors}`],
      ["referrer-policy", "no-referrer"],
      ["x-content-type-options", "nosniff"],
    ],
    body: '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Signed out</title></head><body></body></html>\n',
  };
}

/** Where a provider's pages are: at its issuer, and where people sign in. */
async function originsOf(provider: LoginProvider): Promise<readonly string[]> {
  const issuer = new URL(provider.issuer).origin;
  if (!provider.ready()) return [issuer];
  const unsaid = "-".repeat(43);
  const begun = await provider.begin({ state: unsaid, nonce: unsaid, verifier: unsaid, redirectUri: unsaid, parameters: {} });
  return begun.kind === "redirect" ? [issuer, new URL(begun.url).origin] : [issuer];
}
