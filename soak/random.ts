/** Chance that a seed decides: the same seed and purpose give the same numbers. */
export interface Random {
  /** From 0, below 1. */
  next(): number;
  /** From `least`, below `most`. */
  between(least: number, most: number): number;
  pick<Item>(items: readonly Item[]): Item | undefined;
}

/** Each purpose draws from a row of its own, so that what happens to one does not change what is drawn for another. */
export function randomOf(seed: number, purpose: string): Random {
  let state = [...purpose].reduce((sum, letter) => Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193), seed | 0);
  // Mulberry32.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (least, most) => least + next() * (most - least),
    pick: (items) => items[Math.floor(next() * items.length)],
  };
}
