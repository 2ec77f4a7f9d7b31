/**
 * The claims of an ID token from a refresh, judged as openid-client judges those of a login, by the same names of
 * checks.
 */
import type { IDToken } from "openid-client";
import { ProviderProblem } from "../http/provider-problem.ts";

/** The claims of a token, not checked. */
export type Claims = { readonly [claim: string]: unknown };

/** The issuer, audience and time that an ID token from a refresh is checked against. In seconds. */
interface ExpectedClaims {
  readonly issuer: string;
  readonly clientId: string;
  readonly now: number;
  readonly tolerance: number;
}

/** A check of an answer that openid-client makes at a login, by the name that it has there. */
export const failed = (check: string, why: string): ProviderProblem =>
  new ProviderProblem("invalid", check, `the provider's answer failed a check: ${why}`);

const badType = (claim: string): ProviderProblem => failed("invalid_response", `unexpected type of the claim "${claim}"`);

const REQUIRED = ["aud", "exp", "iat", "iss", "sub"] as const;

/**
 * The checks of OpenID Connect Core 3.1.3.7 that openid-client makes at a login, in its order. Throws {@link
 * ProviderProblem}.
 */
export function checkClaims(claims: Claims, expected: ExpectedClaims): asserts claims is IDToken {
  checkTypesAndTimes(claims, expected);
  const { iss, aud, sub, azp, auth_time } = claims;
  const missing = REQUIRED.find((claim) => claims[claim] === undefined);
  if (missing !== undefined) throw failed("invalid_response", `the claim "${missing}" is missing`);
  if (iss !== expected.issuer) throw failed("iss", "the ID token is of another issuer");
  const isOurs = Array.isArray(aud) ? aud.includes(expected.clientId) : aud === expected.clientId;
  if (!isOurs) throw failed("aud", "the ID token is for others");
  if (typeof sub !== "string") throw badType("sub");
  if (Array.isArray(aud) && aud.length !== 1) {
    if (azp === undefined) throw failed("aud", "the ID token is for others as well");
    if (azp !== expected.clientId) throw failed("azp", "the ID token was issued to another client");
  }
  if (auth_time !== undefined && !(typeof auth_time === "number" && auth_time >= 0 && Number.isFinite(auth_time)))
    throw badType("auth_time");
}

function checkTypesAndTimes({ exp, iat, iss, nbf, aud }: Claims, { now, tolerance }: ExpectedClaims): void {
  if (exp !== undefined) {
    if (typeof exp !== "number") throw badType("exp");
    if (exp <= now - tolerance) throw failed("exp", "the ID token is over");
  }
  if (iat !== undefined && typeof iat !== "number") throw badType("iat");
  if (iss !== undefined && typeof iss !== "string") throw badType("iss");
  if (nbf !== undefined) {
    if (typeof nbf !== "number") throw badType("nbf");
    if (nbf > now + tolerance) throw failed("nbf", "the ID token is not yet good");
  }
  if (aud !== undefined && typeof aud !== "string" && !Array.isArray(aud)) throw badType("aud");
}
