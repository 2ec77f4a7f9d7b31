/** The ID token that came with renewed tokens: parsed once, and judged apart from them. */
import { isUtf8 } from "node:buffer";
import type { IDToken } from "openid-client";
import type { MaybePromise } from "../../../contracts.ts";
import { then } from "../../../core/maybe.ts";
import { MAX_DEPTH } from "../../../core/record.ts";
import { deeperThan } from "../../http/transport.ts";
import { isObject } from "../../jwt/jws.ts";
import type { Claims } from "../id-token-claims.ts";
import { checkClaims, failed } from "../id-token-claims.ts";
import { checkIdTokenSignature } from "../id-token-signature.ts";
import type { Ready } from "../ready.ts";
import { checkPayloadDepth, hintIn, partsOfIdToken } from "../token-response.ts";

/**
 * The ID token that came with a refresh. It is judged apart from the tokens: what is wrong with it must not cost those.
 */
export interface RenewedIdToken {
  readonly text: string;
  /** What it says, not checked; `null` where it cannot be read. */
  readonly payload: Claims | null;
  /**
   * Its claims, fully checked. Sends nothing but, where needed, for keys. Throws or rejects for what is wrong with it.
   */
  verified(): MaybePromise<IDToken>;
}

/** @param value as the answer gives it; any JSON */
export function renewedIdToken(value: unknown, provider: Ready): RenewedIdToken | null {
  if (value === undefined || value === null) return null;
  const text = asText(value);
  const bytes = payloadBytes(text);
  const payload = bytes === null ? null : claimsIn(bytes);
  return { text, payload, verified: () => verified(value, bytes, payload, provider) };
}

function verified(
  value: unknown,
  bytes: Buffer | null,
  claims: Claims | null,
  { config, metadata, clock, keys }: Ready,
): MaybePromise<IDToken> {
  const parts = partsOfIdToken(value);
  if (bytes !== null) checkPayloadDepth(bytes);
  const header = Buffer.from(parts.header, "base64url");
  const hint = hintIn(header, config.idTokenSigningAlg);
  if (claims === null || isCutShort(parts.header) || isCutShort(parts.payload))
    throw failed("parse_error", "not base64url of JSON");
  const now = Math.floor(clock.now() / 1_000);
  checkClaims(claims, { issuer: metadata.issuer, clientId: config.clientId, now, tolerance: config.clockTolerance / 1_000 });
  const idToken = claims;
  // Of another header than nearly all have, the signature's own reading tells what is wrong with it.
  const plain = isUtf8(header) && !deeperThan(header, MAX_DEPTH);
  const checking = checkIdTokenSignature(String(value), config.idTokenSigningAlg, keys, plain ? hint : undefined);
  return then(checking, () => idToken);
}

/** Six bits are no byte: no base64url ends so, though Node reads over it. */
const isCutShort = (part: string): boolean => part.length % 4 === 1;

/** What is no string is no token; a list of one is told from one that cannot be read all the same. */
function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "";
  }
}

/** What a compact JWS says, its signature not looked at. */
export function payloadOf(token: string | null): Claims | null {
  const bytes = token === null ? null : payloadBytes(token);
  return bytes === null ? null : claimsIn(bytes);
}

function payloadBytes(token: string): Buffer | null {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  return payload === undefined ? null : Buffer.from(payload, "base64url");
}

function claimsIn(bytes: Buffer): Claims | null {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
