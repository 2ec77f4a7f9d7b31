/** Random bytes of the system. */
import { randomFillSync } from "node:crypto";
import type { Entropy } from "../contracts.ts";

const POOL_BYTES = 4096;

/**
 * Randomness from a pool that `fill` fills 4 KiB at a time: asking the system for every 32 bytes costs twenty times as
 * much. Bytes are copied out and wiped from the pool, so that none is handed out twice or can be found in memory later.
 * A `fill` that throws makes `bytes` throw, and nothing of the pool is used until one has succeeded (S-08).
 */
export function pooledEntropy(fill: (target: Uint8Array<ArrayBuffer>) => unknown): Entropy {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;

  return {
    bytes(length) {
      if (!Number.isSafeInteger(length) || length < 0) throw new TypeError("entropy.bytes takes a whole number of bytes.");
      if (length > POOL_BYTES) {
        const large = new Uint8Array(length);
        fill(large);
        return large;
      }
      if (used + length > POOL_BYTES) {
        used = POOL_BYTES;
        fill(pool);
        used = 0;
      }
      const taken = pool.slice(used, used + length);
      pool.fill(0, used, used + length);
      used += length;
      return taken;
    },
  };
}

/** The operating system's randomness. */
export const systemEntropy: Entropy = pooledEntropy((target) => randomFillSync(target));

/**
 * By how much a write raises its row's version: a random step from 1 to 2^20. So the version names this one write. If a
 * store loses its last writes by a failover, what is written afterwards has other versions than what was lost, and a
 * condition that was read before does not hold by accident (ABA).
 */
export function versionStep(entropy: Entropy): number {
  const [high = 0, middle = 0, low = 0] = entropy.bytes(3);
  // mutant: counted-versions
  return 1 + (high % 16) * 65_536 + middle * 256 + low;
}

/** A random number from 0 to 1. */
export function chance(entropy: Entropy): number {
  const [high = 0, low = 0] = entropy.bytes(2);
  return (high * 256 + low) / 65_536;
}
