import assert from "node:assert/strict";
import { test } from "node:test";
import { pooledEntropy, systemEntropy, versionStep } from "./entropy.ts";

test("S-08 randomness that fails throws, also when it worked before, and nothing half-filled is handed out", () => {
  let works = true;
  const entropy = pooledEntropy((target) => {
    if (!works) {
      target.fill(7, 0, 100);
      throw new Error("no randomness");
    }
    target.fill(1);
  });
  assert.deepEqual(entropy.bytes(4096), new Uint8Array(4096).fill(1));
  works = false;
  assert.throws(() => entropy.bytes(1), /no randomness/);
  assert.throws(() => entropy.bytes(5000), /no randomness/);
  works = true;
  assert.deepEqual(entropy.bytes(3), Uint8Array.of(1, 1, 1));
});

test("S-08 no byte of the pool is handed out twice, and the caller owns what it got", () => {
  let counter = 0;
  let pool = new Uint8Array();
  const entropy = pooledEntropy((target) => {
    pool = target;
    const words = new DataView(target.buffer, target.byteOffset, target.byteLength);
    for (let at = 0; at + 4 <= target.length; at += 4) words.setUint32(at, counter++);
  });
  const seen = new Set<number>();
  for (let round = 0; round < 3000; round++) {
    const bytes = entropy.bytes(4);
    const word = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
    assert.equal(seen.has(word), false);
    seen.add(word);
    bytes.fill(255);
  }
  const used = (3000 * 4) % 4096;
  assert.deepEqual(pool.slice(0, used), new Uint8Array(used), "what was handed out is wiped");
  const rest = new DataView(pool.buffer);
  for (let at = used; at < 4096; at += 4) assert.equal(rest.getUint32(at), 3000 + (at - used) / 4, "and nothing else is changed");
});

test("S-08 the system's randomness has every length asked for, and does not repeat", () => {
  for (const length of [0, 1, 32, 4096, 4097, 70_000]) assert.equal(systemEntropy.bytes(length).length, length);
  const seen = new Set(Array.from({ length: 10_000 }, () => Buffer.from(systemEntropy.bytes(16)).toString("hex")));
  assert.equal(seen.size, 10_000);
  for (const length of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => systemEntropy.bytes(length), TypeError);
  }
});

test("SE-12 a version's step is from 1 to 2^20, and each of its bits is random", () => {
  const of = (...bytes: readonly number[]): number => versionStep({ bytes: () => Uint8Array.from(bytes) });
  assert.deepEqual([of(0, 0, 0), of(255, 255, 255), of(240, 0, 0)], [1, 2 ** 20, 1]);
  for (let bit = 0; bit < 20; bit += 1) {
    const value = 2 ** bit;
    assert.equal(of(value >> 16, (value >> 8) & 255, value & 255), 1 + value);
  }
});
