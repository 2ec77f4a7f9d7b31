/** The front channel: a frame on the provider's page says who signed out there. Only if it is configured. */
import type { ErrorCode, RouteRequest, RouteResponse } from "../../contracts.ts";
import { CoatcheckError, ERRORS } from "../../core/errors.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { isStorable } from "../../core/record.ts";
import { authorizationPage } from "../authorization-page.ts";
import type { LoginProvider, OidcDependencies } from "../dependencies.ts";
import { queryOf, repeated } from "../parameters.ts";
import { refusal } from "../responses.ts";

const MAX_SID = 255;

type Malformed = "repeated" | "parameter" | "issuer";

/** One session of a provider's, or why nothing can be read. */
type Asked =
  | { readonly kind: "named"; readonly providers: readonly LoginProvider[]; readonly issuer: string; readonly sid: string }
  | { readonly kind: "malformed"; readonly reason: Malformed };

/**
 * `GET frontchannel-logout` (OpenID Connect Front-Channel Logout 1.0). `iss` and `sid` are both needed, and no cookie
 * is read: browsers send few with such a frame, and any page can open one. Knowing the `sid` is the proof, as the
 * specification has it, so what is left behind for sessions that are not here is bounded. Only the provider may frame
 * the answer.
 */
export async function frontchannelLogout(request: RouteRequest, deps: OidcDependencies): Promise<RouteResponse> {
  if (request.method === "HEAD") return refusal("ERR_METHOD_NOT_ALLOWED", undefined, [["allow", "GET"]]);
  const asked = read(request, deps);
  if (asked.kind === "malformed") return refuse("ERR_BAD_REQUEST", asked.reason, deps);
  const { providers, issuer, sid } = asked;
  try {
    const count = await deps.sessions.signedOut({
      issuer,
      sid,
      subject: null,
      issuedAt: deps.clock.now(),
      unproven: true,
    });
    const [provider] = providers;
    deps.report({ name: "frontchannel.completed", level: "info", count, ...omitUndefined({ provider: provider?.name }) });
  } catch (error) {
    const code = error instanceof CoatcheckError ? error.code : "ERR_INTERNAL";
    return refuse(code, code === "ERR_TOO_MANY_MARKERS" ? "markers" : "store", deps);
  }
  return framed(providers);
}

function read(request: RouteRequest, { providers }: OidcDependencies): Asked {
  const query = queryOf(request);
  if (repeated(query, ["iss", "sid"]) !== undefined) return { kind: "malformed", reason: "repeated" };
  const issuer = query.get("iss");
  const sid = query.get("sid");
  if (issuer === null || sid === null || !isSid(sid)) return { kind: "malformed", reason: "parameter" };
  const named = providers.filter((provider) => provider.issuer === issuer);
  return named.length === 0 ? { kind: "malformed", reason: "issuer" } : { kind: "named", providers: named, issuer, sid };
}

const isSid = (text: string): boolean => text !== "" && text.length <= MAX_SID && isStorable(text);

function refuse(code: ErrorCode, reason: Malformed | "markers" | "store", { report }: OidcDependencies): RouteResponse {
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

/** The origins of a provider's pages: of its issuer, and of its login page. */
async function originsOf(provider: LoginProvider): Promise<readonly string[]> {
  const issuer = new URL(provider.issuer).origin;
  if (!provider.ready()) return [issuer];
  const page = await authorizationPage(provider);
  return page === undefined ? [issuer] : [issuer, new URL(page).origin];
}
