/** Seeded randomness: numbers for the scheduler, and entropy for the engine. */
import type { Entropy } from "coatcheck/contracts";

/** What a share of something is, from 0 to 1. */
export type Share = number;

/** Numbers that look random and come again: the same seed gives the same numbers, on every machine (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 bits. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 to below 1. */
  unit(): Share {
    return this.bits() / 0x1_0000_0000;
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  between(least: number, most: number): number {
    return least + this.unit() * (most - least);
  }

  /** True as often as `share` says. */
  chance(share: Share): boolean {
    return share > 0 && this.unit() < share;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError("there is nothing to pick from");
    return choice;
  }

  /** Numbers of their own for what is named, so that leaving one thing out changes nothing for the others. */
  static of(seed: number, ...names: readonly number[]): Random {
    let state = seed >>> 0;
    for (const name of names) state = new Random(state ^ Math.imul(name + 0x9e3779b9, 0x85ebca6b)).bits();
    return new Random(state);
  }
}

/** Randomness for an engine, from a seed. Safe in a simulation alone. */
export function seededEntropy(random: Random): Entropy {
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 4) {
        const word = random.bits();
        bytes[at] = word;
        bytes[at + 1] = word >>> 8;
        bytes[at + 2] = word >>> 16;
        bytes[at + 3] = word >>> 24;
      }
      return bytes;
    },
  };
}
