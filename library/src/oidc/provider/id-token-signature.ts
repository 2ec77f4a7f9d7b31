/** The signature of an ID token from a refresh. */
import type { KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import type { MaybePromise } from "../../contracts.ts";
import { andThen } from "../../core/maybe.ts";
import type { SignatureAlgorithm } from "../../crypto/signature.ts";
import { isSignedBy } from "../../crypto/signature.ts";
import { fieldsOf, hintOf, refusing } from "../jwt/jws.ts";
import type { KeyHint, KeySet, PublicKey } from "../jwt/key-set.ts";

const refuse = refusing("the refreshed ID token");
const imported = new WeakMap<PublicKey, KeyObject>();

/**
 * Checks the signature of an ID token from a refresh with the one key that its header names. openid-client would import
 * the key anew for each token, and hand that and the signature to other threads, which costs a refresh more than the
 * signature itself. The token is a compact JWS, which was checked before. Throws `key_selection_failed`,
 * `signature`, or the error of reading the keys; synchronously if the keys are cached.
 *
 * @param hint the header's values, if it was parsed before
 */
export function checkIdTokenSignature(
  token: string,
  alg: SignatureAlgorithm,
  keys: KeySet,
  hint: KeyHint = hintOf(fieldsOf(token.slice(0, token.indexOf(".")), refuse), [alg], refuse),
): MaybePromise<void> {
  return andThen(keys.matching(hint), (found) => checkWith(found, token, alg));
}

function checkWith([key, another]: readonly PublicKey[], token: string, alg: SignatureAlgorithm): void {
  if (key === undefined || another !== undefined) throw refuse("key_selection_failed", "there is not one key that it names");
  const end = token.lastIndexOf(".");
  const signature = Buffer.from(token.slice(end + 1), "base64url");
  if (!isSignedBy(keyObjectOf(key), alg, token.slice(0, end), signature)) {
    throw refuse("signature", "its signature is not the provider's");
  }
}

function keyObjectOf(key: PublicKey): KeyObject {
  const known = imported.get(key);
  if (known !== undefined) return known;
  const made = importedKey(key);
  imported.set(key, made);
  return made;
}

function importedKey(key: PublicKey): KeyObject {
  try {
    return createPublicKey({ key: { ...key }, format: "jwk" });
  } catch {
    throw refuse("key_selection_failed", "the key that it names cannot be used");
  }
}
