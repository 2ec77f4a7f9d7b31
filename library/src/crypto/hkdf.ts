/** Key derivation: HKDF (RFC 5869) with SHA-256. */
import type { KeyObject } from "node:crypto";
import { createHmac, createSecretKey } from "node:crypto";

const HASH_BYTES = 32;

/** HKDF-Extract with SHA-256 (RFC 5869 §2.2): done once per secret. Without a salt, one of zeros. */
export function hkdfExtract(secret: Uint8Array, salt: Uint8Array = new Uint8Array(HASH_BYTES)): KeyObject {
  return createSecretKey(createHmac("sha256", salt).update(secret).digest());
}

/** HKDF-Expand with SHA-256 (RFC 5869 §2.3): `length` bytes for one label, at most 255 × 32. */
export function hkdfExpand(extracted: KeyObject, info: string | Uint8Array, length: number): Buffer {
  if (!Number.isSafeInteger(length) || length < 1 || length > 255 * HASH_BYTES) {
    throw new TypeError("HKDF with SHA-256 gives 1 to 8160 bytes.");
  }
  const blocks: Buffer[] = [];
  let previous: Buffer = Buffer.alloc(0);
  for (let counter = 1; blocks.length * HASH_BYTES < length; counter++) {
    previous = createHmac("sha256", extracted).update(previous).update(info).update(Uint8Array.of(counter)).digest();
    blocks.push(previous);
  }
  return Buffer.concat(blocks).subarray(0, length);
}
