import { compactVerify } from "jose";
import type { ProviderNotice } from "../contracts.ts";
import { ProviderProblem, problemOf } from "./failure.ts";
import { LEAST_AHEAD } from "./id-token.ts";
import type { KeyHint, KeySet, PublicKey } from "./key-set.ts";
import type { SettledConfig } from "./provider-config.ts";
import { deeperThan, MAX_DEPTH } from "./transport.ts";

/** What a logout token is measured by. */
export interface LogoutContext {
  readonly config: SettledConfig;
  readonly keys: KeySet;
  readonly now: number;
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
/** Longest token that is looked at; real ones have less than a thousand characters. */
const MAX_TOKEN = 16_384;
const MAX_KID = 256;
const MAX_NAME = 255;

type Fields = ReadonlyMap<string, unknown>;

/**
 * Validates a logout token (OpenID Connect Back-Channel Logout 1.0, s2.6): as strictly as an ID token, and it can be taken for none.
 * What needs no key is checked first, so that nonsense causes no request to the provider. Throws {@link ProviderProblem}, whose `check`
 * is one of `format`, `typ`, `alg`, `crit`, `kid`, `signature` and the names of claims, or `keys` where they cannot be had.
 */
export async function verifyLogoutToken(token: string, { config, keys, now }: LogoutContext): Promise<ProviderNotice> {
  const { header, claims } = partsOf(token);
  const hint = hintOf(header, config);
  const notice = noticeOf(claims, config, now);
  await checkSignature(token, hint, keys);
  return notice;
}

/** The issuer that a token names, before anything of it was verified; `null` where it is no token. */
export function issuerNamed(token: string): string | null {
  try {
    const issuer = partsOf(token).claims.get("iss");
    return typeof issuer === "string" ? issuer : null;
  } catch {
    return null;
  }
}

function partsOf(token: string): { readonly header: Fields; readonly claims: Fields } {
  const parts = token.length > MAX_TOKEN ? null : /^([\w-]+)\.([\w-]+)\.[\w-]+$/.exec(token);
  if (parts === null) throw refuse("format", "it is no compact JWS, or too long");
  const [, header = "", payload = ""] = parts;
  return { header: fieldsOf(header), claims: fieldsOf(payload) };
}

function fieldsOf(part: string): Fields {
  const bytes = Buffer.from(part, "base64url");
  if (deeperThan(bytes, MAX_DEPTH)) throw refuse("format", "it is nested too deeply");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw refuse("format", "it holds no JSON");
  }
  if (!isObject(value)) throw refuse("format", "it holds no JSON object");
  return new Map(Object.entries(value));
}

/** Which key it asks for. `jku`, `x5u`, `jwk` and `x5c` are not even read (ID-15). */
function hintOf(header: Fields, { idTokenSigningAlg: alg, logoutTokenTyp }: SettledConfig): KeyHint {
  if (!isLogoutType(header.get("typ"), logoutTokenTyp === "optional")) throw refuse("typ", "its typ is not logout+jwt");
  if (header.get("alg") !== alg) throw refuse("alg", `it is not signed with ${alg}`);
  if (header.has("crit")) throw refuse("crit", "it has critical extensions");
  const kid = header.get("kid");
  if (kid === undefined) return { alg, kid: null };
  if (typeof kid !== "string" || kid.length > MAX_KID) throw refuse("kid", "its kid cannot be used");
  return { alg, kid };
}

/** Media types know no case, and may leave out `application/` (RFC 7515 s4.1.9). */
function isLogoutType(typ: unknown, lenient: boolean): boolean {
  if (typ === undefined) return lenient;
  if (typeof typ !== "string") return false;
  return /^(application\/)?logout\+jwt$/i.test(typ) || (lenient && /^jwt$/i.test(typ));
}

function noticeOf(claims: Fields, config: SettledConfig, now: number): ProviderNotice {
  if (claims.get("iss") !== config.issuer) throw refuse("iss", "it is from another issuer");
  checkAudience(claims, config);
  const { issuedAt, expires } = timesOf(claims, config.clockTolerance, now);
  const tokenId = claims.get("jti");
  if (!isName(tokenId)) throw refuse("jti", "jti is not 1 to 255 characters");
  checkEvents(claims.get("events"));
  if (claims.has("nonce")) throw refuse("nonce", "it has a nonce, which only ID tokens have");
  const subject = nameIn(claims, "sub");
  const sid = nameIn(claims, "sid");
  if (subject === null && sid === null) throw refuse("sub", "it names neither sub nor sid");
  if (sid === null && config.backchannelLogoutSessionRequired) throw refuse("sid", "it names no sid");
  return { issuer: config.issuer, subject, sid, tokenId, issuedAt, expires };
}

/** The rule of ID tokens: for us, and for nobody that the configuration does not name (ID-03). */
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
  const issuedAt = momentOf(claims, "iat");
  const expires = momentOf(claims, "exp") + tolerance;
  if (issuedAt > now + Math.max(tolerance, LEAST_AHEAD)) throw refuse("iat", "it was issued in the future");
  if (expires <= now) throw refuse("exp", "it has expired");
  if (claims.has("nbf") && momentOf(claims, "nbf") > now + tolerance) throw refuse("nbf", "it is not valid yet");
  return { issuedAt, expires };
}

function momentOf(claims: Fields, name: string): number {
  const seconds = claims.get(name);
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= MOST_SECONDS)) throw refuse(name, `${name} is no time`);
  return seconds * 1_000;
}

/** The last second that a `Date` can tell. */
const MOST_SECONDS = 8_640_000_000_000;

function checkEvents(events: unknown): void {
  const event = isObject(events) ? new Map(Object.entries(events)).get(EVENT) : undefined;
  if (!isObject(event)) throw refuse("events", "it tells of no back-channel logout");
}

/** A name of a person or a session. One that is there and cannot be used is as bad as none: the provider meant something by it. */
function nameIn(claims: Fields, claim: "sub" | "sid"): string | null {
  if (!claims.has(claim)) return null;
  const name = claims.get(claim);
  if (!isName(name) || (claim === "sub" && !/^[\x20-\x7e]+$/.test(name))) throw refuse(claim, `${claim} cannot be used`);
  return name;
}

const isName = (value: unknown): value is string => typeof value === "string" && value.length > 0 && value.length <= MAX_NAME;

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** With the one key that the header names; of several none is tried in turn, as for ID tokens. */
async function checkSignature(token: string, hint: KeyHint, keys: KeySet): Promise<void> {
  const [key, another] = await keysFor(hint, keys);
  if (key === undefined) throw refuse("kid", "the provider has no such key");
  if (another !== undefined) throw refuse("kid", "it does not say which of several keys it was signed with");
  try {
    await compactVerify(token, key, { algorithms: [hint.alg] });
  } catch {
    throw refuse("signature", "its signature is not the provider's");
  }
}

/** Whatever keeps us from the keys says nothing about the token: the provider may send it again. */
async function keysFor(hint: KeyHint, keys: KeySet): Promise<readonly PublicKey[]> {
  try {
    return await keys.matching(hint);
  } catch (error) {
    throw new ProviderProblem("unavailable", "keys", `the keys for a logout token cannot be had: ${problemOf(error).message}`);
  }
}

const refuse = (check: string, message: string): ProviderProblem =>
  new ProviderProblem("invalid", check, `the logout token was refused: ${message}`);
