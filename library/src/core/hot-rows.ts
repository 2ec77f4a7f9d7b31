/** A bounded cache of rows for stores, eight-way set associative: it admits a row at its second read. */
import type { SessionRow, StoreCapabilities } from "../contracts.ts";

/** Whether the store will hand out this very object again, so that it is worth caching by. */
export function isKept({ keepsRows }: Pick<StoreCapabilities, "keepsRows">, row: SessionRow): boolean {
  return typeof keepsRows === "function" ? keepsRows(row) : keepsRows === true;
}

/** Places for each hash. The hashes of eight lie in one line of the processor's cache. */
const WAYS = 8;
/** For each eight places of rows, one hash of a row that was read once. */
const ONCE_OF = 8;

/**
 * Keeps rows by the hash of their id, in eight places for each hash: with two, a seventh of the visits of half as many
 * people as there are places found theirs taken. If all are taken, a row that is read once is not kept: the garbage
 * collector would have to copy it, and it would evict one that is read again. Instead its hash is kept, until another
 * takes its place. At its second read the row is admitted, and the oldest in its places is evicted.
 */
export class HotRows {
  readonly #mask: number;
  readonly #ways: number;
  readonly #rows: (SessionRow | undefined)[];
  /**
   * The hashes of the rows in their places, so that a miss is found without reading the rows, which are in no CPU
   * cache.
   */
  readonly #codes: Int32Array;
  readonly #once: Int32Array;

  /** @param most how many rows stay at most; the next lower power of two counts */
  constructor(most: number) {
    const places = 2 ** Math.max(1, Math.floor(Math.log2(most)));
    this.#ways = Math.min(WAYS, places);
    this.#mask = places / this.#ways - 1;
    this.#rows = new Array<SessionRow | undefined>(places).fill(undefined);
    this.#codes = new Int32Array(places);
    this.#once = new Int32Array(Math.max(1, places / ONCE_OF));
  }

  get(id: string, hash: number): SessionRow | undefined {
    const at = this.#find(id, hash);
    return at === -1 ? undefined : this.#rows[at];
  }

  /**
   * Admits a row that was just read, or not: answers the object that stands for it from now on. A row that stays is a
   * copy. V8 tracks for each object literal whether its objects live long, and then allocates all of them in the old
   * generation: rows that are read and dropped would fill the heap until the next full collection, and hold their
   * texts.
   */
  keep(row: SessionRow, hash: number): SessionRow {
    const newest = (hash & this.#mask) * this.#ways;
    const oldest = newest + this.#ways - 1;
    let free = newest;
    while (free < oldest && this.#rows[free] !== undefined) free++;
    if (this.#rows[free] !== undefined && !this.#cameBefore(hash)) return row;
    const own = Object.freeze({ ...row });
    for (let at = free; at > newest; at--) this.#put(at, this.#rows[at - 1], this.#codes[at - 1]);
    this.#put(newest, own, hash);
    return own;
  }

  /** Whether this very object is in the cache. */
  keeps(row: SessionRow): boolean {
    return this.get(row.id, hashOf(row.id)) === row;
  }

  /** The row changed, or is gone. */
  drop(id: string, hash: number): void {
    const at = this.#find(id, hash);
    if (at !== -1) this.#put(at, undefined);
  }

  clear(): void {
    this.#rows.fill(undefined);
    this.#codes.fill(0);
    this.#once.fill(0);
  }

  #find(id: string, code: number): number {
    const first = (code & this.#mask) * this.#ways;
    for (let at = first; at < first + this.#ways; at++) {
      if (this.#codes[at] === code && this.#rows[at]?.id === id) return at;
    }
    return -1;
  }

  #put(place: number, row: SessionRow | undefined, hash = 0): void {
    this.#rows[place] = row;
    this.#codes[place] = hash;
  }

  #cameBefore(code: number): boolean {
    const at = code & (this.#once.length - 1);
    if (this.#once[at] === code) return true;
    this.#once[at] = code;
    return false;
  }
}

/** An id's length, and the index from which its characters are random: those before hold the time. */
const ID_LENGTH = 22;
const RANDOM_AT = 10;

/** 32 bits of an id. Ours are random, so a part is enough. */
export function hashOf(id: string): number {
  return id.length === ID_LENGTH ? hashed(id, RANDOM_AT, ID_LENGTH - 2) : hashOfText(id);
}

/** 32 bits of any text, from all of it: owners may differ in their last characters alone. */
export const hashOfText = (text: string): number => hashed(text, 0, text.length);

function hashed(text: string, begin: number, end: number): number {
  let hash = text.length;
  for (let at = begin; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x5bd1e995);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
