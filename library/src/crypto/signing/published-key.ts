/** A public key as others see it, and the name that every replica gives it. */
import type { KeyObject } from "node:crypto";
import { createPublicKey, hash } from "node:crypto";
import type { KeyAlgorithm } from "./configured-keys.ts";

/** A public key as it is published (RFC 7517, RFC 7518, RFC 8037). */
export interface PublishedKey {
  readonly kty: string;
  readonly kid: string;
  readonly alg: KeyAlgorithm;
  readonly use: "sig";
  readonly [member: string]: string;
}

/** What makes a key, in the order of its thumbprint (RFC 7638 s3.2, RFC 8037 s2). */
const MEMBERS: { readonly [kty: string]: readonly string[] } = {
  EC: ["crv", "kty", "x", "y"],
  OKP: ["crv", "kty", "x"],
  RSA: ["e", "kty", "n"],
};

/**
 * The public half of a key pair, named by its thumbprint (RFC 7638), so that every replica gives it the same name.
 * `kid`: the name that tokens of before know it by.
 */
export function publishedKey(pair: KeyObject, alg: KeyAlgorithm, kid?: string): PublishedKey {
  const jwk = new Map<string, unknown>(Object.entries(publicHalf(pair).export({ format: "jwk" })));
  const kty = String(jwk.get("kty"));
  const members = (MEMBERS[kty] ?? []).map((name) => [name, String(jwk.get(name))] as const);
  const thumbprint = hash("sha256", JSON.stringify(Object.fromEntries(members)), "base64url");
  return { kty, ...Object.fromEntries(members), kid: kid ?? thumbprint, alg, use: "sig" };
}

/** What verifies: the public half of a pair, or the key itself. */
export function publicHalf(key: KeyObject): KeyObject {
  return key.type === "private" ? createPublicKey(key) : key;
}
