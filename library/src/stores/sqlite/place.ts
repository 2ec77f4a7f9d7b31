/** Derives a row's rowid, its place, from its id, so that a look-up goes through one B-tree instead of two. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ID_LENGTH = 22;
/** The first characters of an id hold 30 of the 32 bits of its session's end. The first 26 are used: 64 seconds. */
const TIME = 5;
const TIME_UNUSED = 4;
const TIME_MILLIS = 64_000;
const LAST_TIME = 2 ** 26 - 1;
/** The next 26 bits are random: the last two bits of the next character, then whole characters. */
const RANDOM = 10;
const RANDOM_RANGE = 2 ** 26;

const VALUES = new Uint8Array(128).fill(255);
for (let value = 0; value < DIGITS.length; value++) VALUES[DIGITS.charCodeAt(value)] = value;

/**
 * The rowid for an id of ours, from its session's end and 26 random bits. It is below 2^52, so that the rowids after it
 * are exact numbers too. Rows that end together lie together, whenever they were written. 0 for an id of another shape,
 * which gets its rowid from SQLite.
 *
 * Two ids may have the same place, and older releases used none: a reader compares the id, and falls back to the index.
 */
export function placeOf(id: string): number {
  if (id.length !== ID_LENGTH) return 0;
  let time = 0;
  let random = 0;
  let seen = 0;
  for (let at = 0; at < RANDOM; at++) {
    const value = VALUES[id.charCodeAt(at)] ?? 255;
    seen |= value;
    if (at < TIME) time = (time << 6) | value;
    else random = ((at === TIME ? 0 : random) << 6) | (at === TIME ? value & 3 : value);
  }
  return seen > 63 ? 0 : (time >>> TIME_UNUSED) * RANDOM_RANGE + random;
}

/** The lowest place of rows whose sessions end at `expires`, ms since the epoch. */
export function placeOfEnd(expires: number): number {
  return Math.min(Math.max(Math.floor(expires / TIME_MILLIS), 0), LAST_TIME) * RANDOM_RANGE;
}

/** The highest place of these rows. */
export const lastPlaceOfEnd = (expires: number): number => placeOfEnd(expires) + RANDOM_RANGE - 1;
