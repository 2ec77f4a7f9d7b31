/** The client secret that Apple asks for: a short JWT, signed with the key that it gave. */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { CoatcheckError } from "../../../core/errors.ts";

/**
 * The client's key at Apple.
 *
 * @example
 * ```ts
 * import { type AppleSecretOptions, appleSecret } from "coatcheck";
 * const client: Omit<AppleSecretOptions, "privateKey"> = {
 *   clientId: "com.example.web",
 *   teamId: "A1B2C3D4E5",
 *   keyId: "F6G7H8I9J0",
 * };
 * const clientSecret = appleSecret({ ...client, privateKey: process.env["APPLE_KEY"] ?? "" });
 * ```
 */
export interface AppleSecretOptions {
  /** The Services ID. */
  readonly clientId: string;
  /** Ten characters, as Apple shows them in the account. */
  readonly teamId: string;
  /** The name of the key. */
  readonly keyId: string;
  /** What Apple gave as `AuthKey_….p8`: the text of the file. */
  readonly privateKey: string;
  /** The time, milliseconds since the epoch. Default: the system's. */
  readonly now?: () => number;
}

const AUDIENCE = "https://appleid.apple.com";
/** Seconds. Apple takes half a year; whoever finds one in a log has less of it. */
const LIFETIME = 600;

/**
 * The `clientSecret` of a provider with the preset `apple`. A secret is good for ten minutes, and made anew after five.
 *
 * @throws CoatcheckError `ERR_CONFIG` for a key that is none of Apple's.
 *
 * @example
 * ```ts
 * import { appleSecret } from "coatcheck";
 * const client = { clientId: "com.example.web", teamId: "A1B2C3D4E5", keyId: "F6G7H8I9J0" };
 * const privateKey = process.env["APPLE_KEY"] ?? "";
 * const clientSecret = appleSecret({ ...client, privateKey });
 * const apple = { name: "apple", issuer: "https://appleid.apple.com", clientId: client.clientId, clientSecret };
 * const auth = coatcheck({ provider: apple, … });
 * ```
 */
export function appleSecret({ clientId, teamId, keyId, privateKey, now = Date.now }: AppleSecretOptions): () => string {
  const key = keyOf(privateKey);
  let made: { readonly secret: string; readonly until: number } | null = null;
  return () => {
    const at = Math.floor(now() / 1_000);
    if (made === null || at >= made.until || at < made.until - LIFETIME) {
      const payload = { iss: teamId, iat: at, exp: at + LIFETIME, aud: AUDIENCE, sub: clientId };
      made = { secret: signed({ alg: "ES256", kid: keyId }, payload, key), until: at + LIFETIME / 2 };
    }
    return made.secret;
  };
}

function signed(header: object, payload: object, key: KeyObject): string {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

function keyOf(pem: string): KeyObject {
  const refused = (cause?: unknown) =>
    new CoatcheckError("ERR_CONFIG", {
      message: "appleSecret.privateKey is no key of Apple's: it is the text of AuthKey_….p8, a P-256 key in PEM.",
      cause,
    });
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw refused(error);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw refused();
  return key;
}
