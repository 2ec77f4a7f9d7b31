/** Publishes the keys of our own assertions (`GET keys`). */
import type { KeyObject } from "node:crypto";
import { createPublicKey, hash } from "node:crypto";
import type { Route } from "../../contracts.ts";
import type { Keyring } from "../../crypto/keyring.ts";

/** A public key as it is published (RFC 7517, RFC 8037). */
interface PublishedKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly kid: string;
  readonly alg: "EdDSA";
  readonly use: "sig";
}

/** The public half, named by its thumbprint (RFC 7638), so that every replica gives it the same name. */
export function publishedKey(privateKey: KeyObject): PublishedKey {
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  const kid = hash("sha256", `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`, "base64url");
  return { kty: "OKP", crv: "Ed25519", x, kid, alg: "EdDSA", use: "sig" };
}

/**
 * How long clients may cache the set, seconds. A new secret stands second for longer than that before it signs (CR-08).
 */
const MAX_AGE = 300;

/** `GET keys`: the public keys of all secrets. No session is looked up, so it answers in an outage too. */
export function keysRoute(keyring: Pick<Keyring, "signingKeys">): Route {
  const body = JSON.stringify({ keys: keyring.signingKeys().map(publishedKey) });
  const headers = [
    ["content-type", "application/json"],
    ["cache-control", `public, max-age=${MAX_AGE}`],
    ["x-content-type-options", "nosniff"],
  ] as const;
  return { method: "GET", path: "keys", lookup: false, touches: false, endpoint: () => ({ status: 200, headers, body }) };
}
