/**
 * Keys and signatures of a provider that may lie: every part of a token can be chosen, also those that no library
 * would sign.
 */
import type { KeyObject } from "node:crypto";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";

export interface SigningKey {
  readonly kid: string;
  readonly alg: "RS256" | "ES256" | "EdDSA" | "PS256";
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As it is published. */
  readonly jwk: { readonly [member: string]: unknown };
}

const pool = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();

/** A key pair by name. The same name gives the same pair within a process, because RSA pairs take long to make. */
export function signingKey(kid: string, alg: SigningKey["alg"] = "RS256", modulusLength = 2_048): SigningKey {
  const name = `${kid} ${alg} ${modulusLength}`;
  const pair = pool.get(name) ?? makePair(alg, modulusLength);
  pool.set(name, pair);
  return { kid, alg, ...pair, jwk: { ...pair.publicKey.export({ format: "jwk" }), kid, alg, use: "sig" } };
}

function makePair(alg: SigningKey["alg"], modulusLength: number): { privateKey: KeyObject; publicKey: KeyObject } {
  if (alg === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  if (alg === "EdDSA") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("rsa", { modulusLength });
}

type Json = { readonly [name: string]: unknown };

const encode = (value: Json | string): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A compact JWS over exactly this header, signed with the key whatever the header says. */
export function signJwt(header: Json, payload: Json | string, key: SigningKey): string {
  const data = `${encode(header)}.${encode(payload)}`;
  return `${data}.${signature(data, key).toString("base64url")}`;
}

/** The signature of a text as it stands. */
export function signature(data: string, { alg, privateKey }: SigningKey): Buffer {
  const bytes = Buffer.from(data);
  if (alg === "RS256") return sign("sha256", bytes, privateKey);
  if (alg === "PS256") return sign("sha256", bytes, { key: privateKey, padding: 6, saltLength: 32 });
  if (alg === "ES256") return sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" });
  return sign(null, bytes, privateKey);
}

/** `alg: none`, with an empty signature. */
export function unsignedJwt(header: Json, payload: Json): string {
  return `${encode({ ...header, alg: "none" })}.${encode(payload)}.`;
}

/** HS256 keyed with something public, such as the public key. */
export function hmacJwt(header: Json, payload: Json, secret: string): string {
  const data = `${encode({ ...header, alg: "HS256" })}.${encode(payload)}`;
  return `${data}.${createHmac("sha256", secret).update(data).digest("base64url")}`;
}
