/** XAES-256-GCM: authenticated encryption with nonces of 192 bits. */
import type { CipherGCMOptions, KeyObject } from "node:crypto";
import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto";

/** Bytes of a nonce. 192 random bits do not repeat, so no key counts its messages (CR-05). */
export const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const BLOCK_BYTES = 16;
const PREFIX_BYTES = 12;
const GCM: CipherGCMOptions = { authTagLength: TAG_BYTES };

/** An authenticated cipher of one key. */
export interface Xaes {
  /** `nonce || ciphertext || tag`. */
  seal(nonce: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Buffer;
  /** The plaintext, or `undefined` for anything that `seal` did not make with this key and these associated data. */
  open(box: Buffer, associated: Uint8Array): Buffer | undefined;
}

/**
 * XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM under a key derived for each message from the first half of its
 * nonce, by CMAC in the counter mode of NIST SP 800-108. The cipher that derives, with CMAC's subkey, is made once per
 * key; the message's own key becomes a `KeyObject` too, since Node takes ten times as long for raw bytes.
 */
export function xaes256gcm(key: KeyObject): Xaes {
  // ECB has no state between blocks, so one cipher serves every derivation.
  const blockCipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  const masked = maskedCounters(blockCipher.update(Buffer.alloc(BLOCK_BYTES)));
  const input = Buffer.from(masked);

  const messageKey = (nonce: Uint8Array): KeyObject => {
    for (let index = 0; index < PREFIX_BYTES; index++) {
      const byte = nonce[index] ?? 0;
      input[4 + index] = (masked[4 + index] ?? 0) ^ byte;
      input[BLOCK_BYTES + 4 + index] = (masked[BLOCK_BYTES + 4 + index] ?? 0) ^ byte;
    }
    return createSecretKey(blockCipher.update(input));
  };

  return {
    seal(nonce, plaintext, associated) {
      if (nonce.length !== NONCE_BYTES) throw new TypeError("XAES-256-GCM takes a nonce of 24 bytes.");
      const cipher = createCipheriv("aes-256-gcm", messageKey(nonce), nonce.subarray(PREFIX_BYTES), GCM);
      cipher.setAAD(associated);
      const ciphertext = cipher.update(plaintext);
      cipher.final();
      return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
    },

    open(box, associated) {
      const end = box.length - TAG_BYTES;
      if (end < NONCE_BYTES) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", messageKey(box), box.subarray(PREFIX_BYTES, NONCE_BYTES), GCM);
      decipher.setAuthTag(box.subarray(end));
      decipher.setAAD(associated);
      const plaintext = decipher.update(box.subarray(NONCE_BYTES, end));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return plaintext;
    },
  };
}

/** The two counter blocks of the derivation (`00 01 58 00`, `00 02 58 00`), already combined with CMAC's subkey K1. */
function maskedCounters(encryptedZeros: Buffer): Buffer {
  const subkey = doubled(encryptedZeros);
  const blocks = Buffer.concat([subkey, subkey]);
  for (const [block, counter] of [1, 2].entries()) {
    const at = block * BLOCK_BYTES;
    blocks[at + 1] = (blocks[at + 1] ?? 0) ^ counter;
    blocks[at + 2] = (blocks[at + 2] ?? 0) ^ 0x58;
  }
  return blocks;
}

/** Doubling in GF(2^128) as CMAC defines it, without a branch on the secret bit. */
function doubled(block: Buffer): Buffer {
  const result = Buffer.alloc(BLOCK_BYTES);
  let carry = 0;
  for (let index = BLOCK_BYTES - 1; index >= 0; index--) {
    const byte = block[index] ?? 0;
    result[index] = (byte << 1) | carry;
    carry = byte >> 7;
  }
  result[BLOCK_BYTES - 1] = (result[BLOCK_BYTES - 1] ?? 0) ^ (0x87 & -carry);
  return result;
}
