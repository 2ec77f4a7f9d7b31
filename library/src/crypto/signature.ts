/** Signature algorithms of JWS by their keys. */
import type { KeyObject } from "node:crypto";
import { constants, sign, verify } from "node:crypto";

/**
 * Algorithms of signatures by a public key, as JOSE names them. `none` and those with a shared key are not among them.
 */
export type SignatureAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA"
  | "Ed25519";

const CURVES: { readonly [alg: string]: string } = { ES256: "prime256v1", ES384: "secp384r1", ES512: "secp521r1" };

/** Whether the key is of the kind that the algorithm needs. The key decides, not the token's header. */
function fits(alg: SignatureAlgorithm, key: KeyObject): boolean {
  const { type, curve, bits } = kindOf(key);
  if (alg === "EdDSA" || alg === "Ed25519") return type === "ed25519";
  if (alg in CURVES) return type === "ec" && curve === CURVES[alg];
  return type === "rsa" && bits >= 2_048;
}

interface Kind {
  /** `undefined` for what is no public key. */
  readonly type: string | undefined;
  readonly curve: string | undefined;
  readonly bits: number;
}

/** A cache: Node looks a key's details up at each call, which costs a tenth of a signature. */
const kinds = new WeakMap<KeyObject, Kind>();

function kindOf(key: KeyObject): Kind {
  const known = kinds.get(key);
  if (known !== undefined) return known;
  const { namedCurve: curve, modulusLength: bits = 0 } = key.asymmetricKeyDetails ?? {};
  const kind = { type: key.type === "public" ? key.asymmetricKeyType : undefined, curve, bits };
  kinds.set(key, kind);
  return kind;
}

/**
 * Whether the signature over `input` was made with the private half of this key. `false` for a key of another kind;
 * never throws.
 */
export function isSignedBy(key: KeyObject, alg: SignatureAlgorithm, input: string, signature: Uint8Array): boolean {
  if (!fits(alg, key)) return false;
  const data = Buffer.from(input);
  if (alg === "EdDSA" || alg === "Ed25519") return verify(null, data, key, signature);
  const digest = `sha${alg.slice(2)}`;
  if (alg.startsWith("ES")) return verify(digest, data, { key, dsaEncoding: "ieee-p1363" }, signature);
  if (alg.startsWith("RS")) return verify(digest, data, key, signature);
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return verify(digest, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
}

/** The signature over `input` by a private key, as JOSE has it. */
export function signatureBy(key: KeyObject, alg: "EdDSA" | "Ed25519" | "ES256" | "RS256", input: string): Buffer {
  const data = Buffer.from(input);
  if (alg === "EdDSA" || alg === "Ed25519") return sign(null, data, key);
  return sign("sha256", data, alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : key);
}
