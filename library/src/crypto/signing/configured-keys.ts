/** Reads keys that were configured: PEM, a JWK, or a set of them. */
import type { KeyObject } from "node:crypto";
import { createPrivateKey, createPublicKey, createSecretKey } from "node:crypto";
import { CoatcheckError } from "../../core/errors.ts";

/** The algorithm that a key of ours is for. `EdDSA` and `Ed25519` are two names of one (RFC 8037, RFC 9864). */
export type KeyAlgorithm = "EdDSA" | "Ed25519" | "ES256" | "RS256" | "HS256";

/** A key as it was configured. */
interface ConfiguredKey {
  /** Private, public, or shared (HS256). */
  readonly key: KeyObject;
  readonly alg: KeyAlgorithm;
  /** The `kid` that a JWK gives itself. */
  readonly kid: string | undefined;
}

const LEAST_RSA_BITS = 2_048;
const LEAST_SHARED_BYTES = 32;
const PEM_BLOCK = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g;
const RIGHT = "It is a PEM or JWK of Ed25519, P-256 or RSA.";

/**
 * The keys in a text (PEM blocks, a JWK or a JWK set as JSON), or of one JWK. `place` names it in messages, which never
 * hold a key.
 *
 * @throws {CoatcheckError} `ERR_CONFIG`
 */
export function readKeys(given: string | JsonWebKey, place: string): readonly ConfiguredKey[] {
  if (typeof given !== "string") return [ofJwk(given, place)];
  const blocks = given.match(PEM_BLOCK);
  if (blocks !== null) {
    // A file that is half written would lose its last keys without a word.
    if (given.split("-----BEGIN ").length - 1 !== blocks.length) throw refusal(place, "is cut off");
    return blocks.map((pem) => ofPem(pem, place));
  }
  const value = jsonIn(given, place);
  const all: readonly unknown[] = "keys" in value && Array.isArray(value.keys) ? value.keys : [value];
  if (all.length === 0) throw refusal(place, "holds no key");
  return all.map((jwk) => {
    if (!isObject(jwk)) throw refusal(place, "is no key");
    return ofJwk(jwk, place);
  });
}

function jsonIn(text: string, place: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // The parser's words quote the text, which is a key.
  }
  throw refusal(place, "is neither PEM nor JSON");
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

function ofPem(pem: string, place: string): ConfiguredKey {
  const key = made(place, () => (pem.includes("PRIVATE KEY-----") ? createPrivateKey(pem) : createPublicKey(pem)));
  return { key, alg: algorithmOf(key, place), kid: undefined };
}

function ofJwk(jwk: JsonWebKey, place: string): ConfiguredKey {
  const key = made(place, () => keyOf(jwk));
  const alg = algorithmOf(key, place);
  const said = jwk.alg;
  if (said !== undefined && said !== alg && !(alg === "EdDSA" && said === "Ed25519")) {
    throw refusal(place, `is for another algorithm than ${alg}, which fits its kind`);
  }
  if (jwk.use !== undefined && jwk.use !== "sig") throw refusal(place, "is not for signatures (use)");
  const kid: unknown = "kid" in jwk ? jwk.kid : undefined;
  return { key, alg, kid: typeof kid === "string" ? kid : undefined };
}

function keyOf(jwk: JsonWebKey): KeyObject {
  const input = { key: { ...jwk }, format: "jwk" } as const;
  if (jwk.kty === "oct") return createSecretKey(Buffer.from(jwk.k ?? "", "base64url"));
  return jwk.d === undefined ? createPublicKey(input) : createPrivateKey(input);
}

function made(place: string, make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch {
    // Without the cause: what it quotes may be the key.
    throw refusal(place, "is no key that can be read");
  }
}

/** The key decides, not what is said of it. */
function algorithmOf(key: KeyObject, place: string): KeyAlgorithm {
  if (key.type === "secret") {
    if ((key.symmetricKeySize ?? 0) >= LEAST_SHARED_BYTES) return "HS256";
    throw refusal(place, `is shorter than ${LEAST_SHARED_BYTES} bytes`);
  }
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ed25519") return "EdDSA";
  if (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1") return "ES256";
  if (key.asymmetricKeyType === "rsa" && modulusLength >= LEAST_RSA_BITS) return "RS256";
  throw refusal(place, "is of a kind that is not used here");
}

function refusal(place: string, wrong: string): CoatcheckError {
  return new CoatcheckError("ERR_CONFIG", { message: `${place} ${wrong}\n  ${RIGHT}` });
}
