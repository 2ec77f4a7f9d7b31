/** Signing keys made of derived bytes: the same on every replica that has the secret, and stored nowhere. */
import type { KeyObject } from "node:crypto";
import { createECDH, createPrivateKey } from "node:crypto";

/** The prefix of the 32 bytes of a seed in PKCS #8 (RFC 8410 s7). */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** The order of P-256 (FIPS 186-5, SP 800-186 s3.2.1.3). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** The order's 32 bytes and 16 more, so that the remainder favours no key by more than one in 2^128. */
export const P256_BYTES = 48;

/** The Ed25519 key of a seed of 32 bytes. */
export function ed25519Key(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: "der", type: "pkcs8" });
}

/**
 * The P-256 key of 48 random bytes: their remainder modulo the order less one, plus one (FIPS 186-5 A.2.1), which is
 * never zero.
 */
export function p256Key(random: Buffer): KeyObject {
  const d = Buffer.from(((numberOf(random) % (P256_ORDER - 1n)) + 1n).toString(16).padStart(64, "0"), "hex");
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(d);
  // Uncompressed: 4, x, y.
  const point = pair.getPublicKey();
  const text = (bytes: Buffer): string => bytes.toString("base64url");
  const key = { kty: "EC", crv: "P-256", d: text(d), x: text(point.subarray(1, 33)), y: text(point.subarray(33)) };
  return createPrivateKey({ key, format: "jwk" });
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString("hex")}`);
}
