/** Our checks of ID tokens beyond openid-client's, and the claims that are stored. */
import { createHash } from "node:crypto";
import type { IDToken } from "openid-client";
import type { JsonObject, JsonValue, LoginParameters } from "../../contracts.ts";
import { isStorable } from "../../core/record.ts";
import { equalHash } from "../../crypto/equal.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { SettledConfig } from "./config.ts";

/**
 * What an ID token has to agree with, besides what openid-client compares (signature, alg, iss, aud, exp, nonce,
 * max_age).
 */
interface Expected {
  readonly config: SettledConfig;
  readonly now: number;
  readonly accessToken: string;
  readonly parameters: LoginParameters;
}

const reject = (claim: string, message: string): ProviderProblem =>
  new ProviderProblem("invalid", claim, `the ID token was refused: ${message}`, { ambiguous: true });

/** FAPI2 SP s5.3.2.1: up to ten seconds ahead has to be accepted. */
export const LEAST_AHEAD = 10_000;

/**
 * The checks of ID-03, ID-04, ID-06, ID-08, ID-09 and ID-10 that openid-client leaves to us. Throws {@link
 * ProviderProblem}.
 */
export function checkIdToken(claims: IDToken, { config, now, accessToken, parameters }: Expected): void {
  const ahead = Math.max(config.clockTolerance, LEAST_AHEAD);
  if (!Number.isFinite(claims.iat) || claims.iat * 1_000 > now + ahead) throw reject("iat", "it was issued in the future");
  if (!/^[\x20-\x7e]{1,255}$/.test(claims.sub)) throw reject("sub", "sub is not 1 to 255 ASCII characters");
  const audiences: readonly string[] = typeof claims.aud === "string" ? [claims.aud] : claims.aud;
  if (!audiences.every((audience) => audience === config.clientId || config.additionalAudiences.includes(audience)))
    throw reject("aud", "it is for others as well");
  if (claims.azp !== undefined && claims.azp !== config.clientId) throw reject("azp", "it was issued to another client");
  const half = claims["at_hash"];
  if (half !== undefined && !(typeof half === "string" && equalHash(half, halfHash(accessToken, config.idTokenSigningAlg))))
    throw reject("at_hash", "at_hash does not fit the access token");
  if (parameters.max_age !== undefined && Number(claims.auth_time) * 1_000 > now + ahead)
    throw reject("auth_time", "auth_time is in the future");
  const sid = claims["sid"];
  if (typeof sid === "string" && !isStorable(sid)) throw reject("sid", "sid is not well-formed text");
  const acr = claims["acr"];
  if (parameters.acr_values !== undefined && !(typeof acr === "string" && parameters.acr_values.split(" ").includes(acr)))
    throw reject("acr", "acr is none of the asked values");
}

/** Core s3.1.3.8: the left half of the hash that belongs to the algorithm; for Ed25519 that is SHA-512. */
function halfHash(text: string, alg: string): string {
  const bits = /256$/.test(alg) ? 256 : /384$/.test(alg) ? 384 : 512;
  return createHash(`sha${bits}`)
    .update(text, "ascii")
    .digest()
    .subarray(0, bits / 16)
    .toString("base64url");
}

/** Claims that serve the protocol and say nothing about the user. */
const PROTOCOL: ReadonlySet<string> = new Set([
  "iss",
  "aud",
  "azp",
  "exp",
  "iat",
  "nbf",
  "jti",
  "nonce",
  "at_hash",
  "c_hash",
  "s_hash",
  "rt_hash",
  "sid",
  "_claim_names",
  "_claim_sources",
  "__proto__",
]);

type Claims = { readonly [name: string]: unknown };

/** The claims that are stored of a user: those of UserInfo, overwritten by those of the ID token, which are signed. */
export function personalClaims(idToken: Claims, userinfo: Claims | null, config: Pick<SettledConfig, "claims">): JsonObject {
  const personal: { [name: string]: JsonValue } = {};
  for (const claims of userinfo === null ? [idToken] : [userinfo, idToken]) {
    for (const name of Object.keys(claims)) {
      const value = claims[name];
      if (isPersonal(name, config) && isJsonValue(value)) personal[name] = value;
    }
  }
  return personal;
}

/** Whom the claims are about, and how they signed in, which routes may ask for. */
const KEPT: ReadonlySet<string> = new Set(["sub", "acr"]);

const isPersonal = (name: string, { claims }: Pick<SettledConfig, "claims">): boolean =>
  !PROTOCOL.has(name) && (claims === null || KEPT.has(name) || claims.includes(name));

/** Claims are parsed JSON. */
const isJsonValue = (value: unknown): value is JsonValue => value !== undefined;

/** The provider's session id, if it is one that can be stored and compared. */
export function sidOf(claims: IDToken): string | null {
  const sid: unknown = claims["sid"];
  return typeof sid === "string" && sid.length > 0 && sid.length <= 255 ? sid : null;
}
