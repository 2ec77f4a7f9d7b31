/** Verifies logout tokens (OpenID Connect Back-Channel Logout 1.0). */
import type { LogoutNotification } from "../../contracts.ts";
import { isStorable } from "../../core/record.ts";
import type { Fields } from "../jwt/jws.ts";
import { checkSignature, hintOf, isObject, momentOf, partsOf, refusing } from "../jwt/jws.ts";
import type { KeySet } from "../jwt/key-set.ts";
import type { SettledConfig } from "./config.ts";
import { LEAST_AHEAD } from "./id-token.ts";

/** What a logout token is checked against. */
interface LogoutContext {
  readonly config: SettledConfig;
  readonly keys: KeySet;
  readonly now: number;
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const MAX_NAME = 255;

const refuse = refusing("the logout token");

/**
 * Validates a logout token (OpenID Connect Back-Channel Logout 1.0, s2.6): as strictly as an ID token, and it can be
 * taken for none. Checks that need no key come first, so that garbage causes no request to the provider. Throws {@link
 * ProviderProblem}, whose `check` is one of `format`, `typ`, `alg`, `crit`, `kid`, `signature` and the names of claims,
 * or `keys` if they cannot be had.
 */
export async function verifyLogoutToken(token: string, { config, keys, now }: LogoutContext): Promise<LogoutNotification> {
  const { header, claims } = partsOf(token, refuse);
  if (!isLogoutType(header.get("typ"), config.logoutTokenTyp === "optional")) throw refuse("typ", "its typ is not logout+jwt");
  const hint = hintOf(header, [config.idTokenSigningAlg], refuse);
  const notice = noticeOf(claims, config, now);
  await checkSignature(token, hint, keys, refuse);
  return notice;
}

/** Media types know no case, and may leave out `application/` (RFC 7515 s4.1.9). */
function isLogoutType(typ: unknown, lenient: boolean): boolean {
  if (typ === undefined) return lenient;
  if (typeof typ !== "string") return false;
  return /^(application\/)?logout\+jwt$/i.test(typ) || (lenient && /^jwt$/i.test(typ));
}

function noticeOf(claims: Fields, config: SettledConfig, now: number): LogoutNotification {
  if (claims.get("iss") !== config.issuer) throw refuse("iss", "it is from another issuer");
  checkAudience(claims, config);
  const { issuedAt, expires } = timesOf(claims, config.clockTolerance, now);
  const tokenId = claims.get("jti");
  if (!isName(tokenId)) throw refuse("jti", "jti is not 1 to 255 well-formed characters");
  checkEvents(claims.get("events"));
  if (claims.has("nonce")) throw refuse("nonce", "it has a nonce, which only ID tokens have");
  const subject = nameIn(claims, "sub");
  const sid = nameIn(claims, "sid");
  if (subject === null && sid === null) throw refuse("sub", "it names neither sub nor sid");
  if (sid === null && config.backchannelLogoutSessionRequired) throw refuse("sid", "it names no sid");
  return { issuer: config.issuer, subject, sid, tokenId, issuedAt, expires };
}

/** The rule of ID tokens: for us, and for no audience that the configuration does not name (ID-03). */
function checkAudience(claims: Fields, { clientId, additionalAudiences }: SettledConfig): void {
  const aud = claims.get("aud");
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(clientId)) throw refuse("aud", "it is for others");
  const known = (one: unknown): boolean => one === clientId || (typeof one === "string" && additionalAudiences.includes(one));
  if (!audiences.every(known)) throw refuse("aud", "it is for others as well");
  if (claims.has("azp") && claims.get("azp") !== clientId) throw refuse("azp", "it was issued to another client");
}

/** `expires` is when the token is refused for its age, so the tolerance is in it. */
function timesOf(claims: Fields, tolerance: number, now: number): { readonly issuedAt: number; readonly expires: number } {
  const issuedAt = momentOf(claims, "iat", refuse);
  const expires = momentOf(claims, "exp", refuse) + tolerance;
  if (issuedAt > now + Math.max(tolerance, LEAST_AHEAD)) throw refuse("iat", "it was issued in the future");
  if (expires <= now) throw refuse("exp", "it has expired");
  if (claims.has("nbf") && momentOf(claims, "nbf", refuse) > now + tolerance) throw refuse("nbf", "it is not valid yet");
  return { issuedAt, expires };
}

function checkEvents(events: unknown): void {
  const event = isObject(events) ? new Map(Object.entries(events)).get(EVENT) : undefined;
  if (!isObject(event)) throw refuse("events", "it tells of no back-channel logout");
}

/**
 * The name of a user or a session. A claim that is there and cannot be used is an error: ignoring it would widen or
 * narrow what the provider meant.
 */
function nameIn(claims: Fields, claim: "sub" | "sid"): string | null {
  if (!claims.has(claim)) return null;
  const name = claims.get(claim);
  if (!isName(name) || (claim === "sub" && !/^[\x20-\x7e]+$/.test(name))) throw refuse(claim, `${claim} cannot be used`);
  return name;
}

const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_NAME && isStorable(value);
