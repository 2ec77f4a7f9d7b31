import assert from "node:assert/strict";
import { createHash, createSecretKey } from "node:crypto";
import { test } from "node:test";
import { systemEntropy } from "./entropy.ts";
import type { Xaes } from "./xaes.ts";
import { NONCE_BYTES, xaes256gcm } from "./xaes.ts";

const NONCE = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWX");
const PLAINTEXT = Buffer.from("XAES-256-GCM");
const NOTHING = Buffer.alloc(0);

function cipherOf(key: Uint8Array): Xaes {
  return xaes256gcm(createSecretKey(key));
}

test("CR-05 the vectors of C2SP: with either top bit, so with both branches of the subkey", () => {
  for (const { fill, associated, expected } of [
    { fill: 1, associated: "", expected: "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271" },
    { fill: 3, associated: "c2sp.org/XAES-256-GCM", expected: "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d" },
  ]) {
    const cipher = cipherOf(Buffer.alloc(32, fill));
    const box = cipher.seal(NONCE, PLAINTEXT, Buffer.from(associated));
    assert.equal(box.subarray(0, NONCE_BYTES).toString(), NONCE.toString());
    assert.equal(box.subarray(NONCE_BYTES).toString("hex"), expected);
    assert.deepEqual(cipher.open(box, Buffer.from(associated)), PLAINTEXT);
  }
});

test("CR-05 the accumulated vector of C2SP: 10,000 random messages", () => {
  const rounds = 10_000;
  const stream = shakeStream(rounds * (32 + 24 + 2 + 2 * 255));
  const digest = createHash("shake128", { outputLength: 32 });
  for (let round = 0; round < rounds; round++) {
    const cipher = cipherOf(stream(32));
    const nonce = stream(24);
    const plaintext = stream(stream(1)[0] ?? 0);
    const associated = stream(stream(1)[0] ?? 0);
    const box = cipher.seal(nonce, plaintext, associated);
    digest.update(box.subarray(NONCE_BYTES));
    if (round % 16 === 0) assert.ok(cipher.open(box, associated)?.equals(plaintext));
  }
  assert.equal(digest.digest("hex"), "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
});

test("CR-03 a box with any bit flipped, cut anywhere, or with other associated data does not open", () => {
  const cipher = cipherOf(systemEntropy.bytes(32));
  const associated = Buffer.from("context");
  const box = cipher.seal(systemEntropy.bytes(24), PLAINTEXT, associated);
  for (let bit = 0; bit < box.length * 8; bit++) {
    const changed = Buffer.from(box);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(cipher.open(changed, associated), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < box.length; length++) assert.equal(cipher.open(box.subarray(0, length), associated), undefined);
  assert.equal(cipher.open(box, NOTHING), undefined);
  assert.equal(cipherOf(systemEntropy.bytes(32)).open(box, associated), undefined);
  assert.deepEqual(cipher.open(box, associated), PLAINTEXT);
});

test("an empty message seals and opens; a nonce of another length is refused", () => {
  const cipher = cipherOf(systemEntropy.bytes(32));
  const box = cipher.seal(NONCE, NOTHING, NOTHING);
  assert.equal(box.length, NONCE_BYTES + 16);
  assert.deepEqual(cipher.open(box, NOTHING), NOTHING);
  for (const length of [0, 12, 23, 25]) assert.throws(() => cipher.seal(Buffer.alloc(length), NOTHING, NOTHING), TypeError);
});

/** The output of SHAKE128 of nothing, read piece by piece. */
function shakeStream(length: number): (count: number) => Buffer {
  const all = createHash("shake128", { outputLength: length }).digest();
  let at = 0;
  return (count) => {
    at += count;
    return all.subarray(at - count, at);
  };
}
