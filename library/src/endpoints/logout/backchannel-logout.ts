/** `POST backchannel-logout`: a provider ends sessions by a signed logout token. */
import { createHash } from "node:crypto";
import type { ErrorCode, LogoutNotification, ProviderFailure, RouteRequest, RouteResponse } from "../../contracts.ts";
import { storeFailed } from "../../core/errors/store-failed.ts";
import { CoatcheckError, ERRORS } from "../../core/errors.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { LoginProvider, OidcDependencies } from "../dependencies.ts";
import { ok, refusalWithStatus } from "../responses.ts";
import { unverifiedClaims } from "./unverified-claims.ts";

const MOST_FORM_BYTES = 65_536;
/** A replica whose clock is ahead must not sweep a one-time marker that another still needs. */
const SWEEP_MARGIN = 120_000;

/** Why a logout token was refused: a word for the log, and the code of the answer. */
interface Refusal {
  readonly reason: string;
  readonly code: ErrorCode;
  readonly provider?: string;
  readonly error?: unknown;
}

/** A logout notification that one of the providers has signed. */
interface Vouched {
  readonly provider: LoginProvider;
  readonly notice: LogoutNotification;
}

/**
 * `POST backchannel-logout`: the provider's logout notification. The only proof is the signature of the token: no
 * cookie is read and no session is looked up. 200 when all of it is done, 400 for everything else (OpenID Connect
 * Back-Channel Logout 1.0, s2.8).
 */
export async function backchannelLogout(request: RouteRequest, deps: OidcDependencies): Promise<RouteResponse> {
  const done = await signOut(request, deps);
  if ("code" in done) {
    const { code, reason, provider, error } = done;
    const level = ERRORS[code].status >= 500 ? "error" : "warn";
    deps.report({ name: "backchannel.refused", level, reason, code, ...omitUndefined({ provider, error }) });
    return refusalWithStatus(400, code);
  }
  deps.report({ name: "backchannel.completed", level: "info", ...done });
  return ok;
}

async function signOut(
  request: RouteRequest,
  deps: OidcDependencies,
): Promise<{ readonly provider: string; readonly count: number } | Refusal> {
  const token = await tokenIn(request);
  if (typeof token !== "string") return token;
  const vouched = await verified(token, deps);
  return "code" in vouched ? vouched : once(vouched, deps);
}

/** The one `logout_token` of a form; other fields are ignored. */
async function tokenIn(request: RouteRequest): Promise<string | Refusal> {
  const type = (request.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return { reason: "media-type", code: "ERR_UNSUPPORTED_MEDIA_TYPE" };
  let form: URLSearchParams;
  try {
    form = new URLSearchParams(await request.body(MOST_FORM_BYTES));
  } catch (error) {
    return { reason: "body", code: error instanceof CoatcheckError ? error.code : "ERR_BAD_REQUEST" };
  }
  const [token, another] = form.getAll("logout_token");
  return token === undefined || another !== undefined ? { reason: "token", code: "ERR_BAD_REQUEST" } : token;
}

/** Asks the provider that the token names, or each of them if it names none or we are several clients of one issuer. */
async function verified(token: string, { providers }: OidcDependencies): Promise<Vouched | Refusal> {
  const named = unverifiedClaims(token)?.["iss"];
  const issuer = typeof named === "string" ? named : null;
  let refusal: Refusal = { reason: "issuer", code: "ERR_BAD_REQUEST" };
  for (const provider of providers) {
    if ((issuer !== null && provider.issuer !== issuer) || provider.verifyLogout === undefined) continue;
    const result = await provider.verifyLogout(token);
    if (result.kind === "logout") return { provider, notice: result };
    if (refusal.code !== "ERR_PROVIDER_UNAVAILABLE") refusal = refusalOf(result, provider);
  }
  return refusal;
}

/** What the token did wrong is the sender's mistake; keys that cannot be had are not. */
function refusalOf({ kind, code, cause }: ProviderFailure, provider: LoginProvider): Refusal {
  const reason = checkOf(cause) ?? kind;
  return { reason, code: kind === "unavailable" ? code : "ERR_BAD_REQUEST", provider: provider.name, error: cause };
}

/** Which check refused it, if the provider says so. */
function checkOf(cause: unknown): string | null {
  return typeof cause === "object" && cause !== null && "check" in cause && typeof cause.check === "string" ? cause.check : null;
}

/** Lets a token take effect once, on whichever replica, and again only if the effect failed (LO-08). */
async function once(
  { provider, notice }: Vouched,
  deps: OidcDependencies,
): Promise<{ readonly provider: string; readonly count: number } | Refusal> {
  const { store, sessions, clock, report } = deps;
  const about = { provider: provider.name };
  const key = replayKey(provider, notice);
  try {
    if (!(await store.mark(key, notice.expires + SWEEP_MARGIN, clock.now())))
      return { reason: "replay", code: "ERR_BAD_REQUEST", ...about };
  } catch (error) {
    const code = storeFailed(report, "mark", error);
    // Perhaps the store took it and only its answer was lost.
    await takeBack(key, deps);
    return { reason: "store", code, ...about, error };
  }
  try {
    return { ...about, count: await sessions.signedOut(notice) };
  } catch (error) {
    await takeBack(key, deps);
    return { reason: "store", code: error instanceof CoatcheckError ? error.code : "ERR_INTERNAL", ...about, error };
  }
}

/** The name stands for the client: an issuer may know us as several, and says each of them by a token of its own. */
function replayKey({ name }: LoginProvider, { issuer, tokenId }: LogoutNotification): string {
  const text = JSON.stringify([issuer, name, tokenId]);
  return `jti:${createHash("sha256").update(text).digest("base64url")}`;
}

/** Replaces the replay guard by one that has expired, so that the provider can send the token again. */
async function takeBack(key: string, { store, clock, report }: OidcDependencies): Promise<void> {
  const now = clock.now();
  try {
    await store.mark(key, now, now);
  } catch (error) {
    storeFailed(report, "mark", error);
  }
}
