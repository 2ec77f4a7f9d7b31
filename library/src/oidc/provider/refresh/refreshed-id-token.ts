/** The ID token of a refresh response: parsed once, and checked apart from the other tokens. */
import { isUtf8 } from "node:buffer";
import type { IDToken } from "openid-client";
import type { MaybePromise } from "../../../contracts.ts";
import { andThen } from "../../../core/maybe.ts";
import { MAX_DEPTH } from "../../../core/record.ts";
import { deeperThan } from "../../http/transport.ts";
import { isObject } from "../../jwt/jws.ts";
import type { Claims } from "../id-token-claims.ts";
import { checkClaims, failed } from "../id-token-claims.ts";
import { checkIdTokenSignature } from "../id-token-signature.ts";
import type { Ready } from "../ready.ts";
import { checkPayloadDepth, hintIn, partsOfIdToken } from "../token-response.ts";

/**
 * The ID token of a refresh response. It is checked apart from the other tokens, which a fault of it must not cost.
 */
export interface RefreshedIdToken {
  readonly text: string;
  /** What it says, not checked; `null` if it cannot be read. */
  readonly payload: Claims | null;
  /**
   * Its claims, fully checked. Sends nothing but, if needed, for keys. Throws or rejects for what is wrong with it.
   */
  verified(): MaybePromise<IDToken>;
}

/** @param value as the answer gives it; any JSON */
export function refreshedIdToken(value: unknown, provider: Ready): RefreshedIdToken | null {
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
  // With an unusual header the check of the signature parses it again, and says what is wrong with it.
  const plain = isUtf8(header) && !deeperThan(header, MAX_DEPTH);
  const checking = checkIdTokenSignature(String(value), config.idTokenSigningAlg, keys, plain ? hint : undefined);
  return andThen(checking, () => idToken);
}

/** One character after the last group of four is six bits and no byte: invalid base64url, which Node accepts. */
const isCutShort = (part: string): boolean => part.length % 4 === 1;

/** Only a string is a token. A list with one has its own text, so that the error tells them apart. */
function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "";
  }
}

/** The header and claims of a compact JWS, not verified. */
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
