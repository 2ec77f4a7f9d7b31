/** A bounded cache of rows for stores, two-way set associative: it admits a row at its second read. */
import type { SessionRow, StoreCapabilities } from "../contracts.ts";

/** Whether the store will hand out this very object again, so that it is worth caching by. */
export function isKept({ keepsRows }: Pick<StoreCapabilities, "keepsRows">, row: SessionRow): boolean {
  return typeof keepsRows === "function" ? keepsRows(row) : keepsRows === true;
}

/** For each eight places of rows, one hash of a row that was read once. */
const ONCE_OF = 8;

/**
 * Keeps rows by the hash of their id, in two places for each hash. If both are taken, a row that is read once is not
 * kept: the garbage collector would have to copy it, and it would evict one that is read again. Instead its hash is
 * kept, until another takes its place. At its second read the row is admitted, and the older of the two in its places
 * is evicted.
 */
export class HotRows {
  readonly #mask: number;
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
    this.#mask = places / 2 - 1;
    this.#rows = new Array<SessionRow | undefined>(places).fill(undefined);
    this.#codes = new Int32Array(places);
    this.#once = new Int32Array(Math.max(1, places / ONCE_OF));
  }

  get(id: string, hash: number): SessionRow | undefined {
    const place = (hash & this.#mask) * 2;
    return this.#at(place, id, hash) ?? this.#at(place + 1, id, hash);
  }

  /**
   * Admits a row that was just read, or not: answers the object that stands for it from now on. A row that stays is a
   * copy. V8 tracks for each object literal whether its objects live long, and then allocates all of them in the old
   * generation: rows that are read and dropped would fill the heap until the next full collection, and hold their
   * texts.
   */
  keep(row: SessionRow, hash: number): SessionRow {
    const place = (hash & this.#mask) * 2;
    if (this.#rows[place + 1] !== undefined && !this.#cameBefore(hash)) return row;
    const own = Object.freeze({ ...row });
    this.#put(place + 1, this.#rows[place], this.#codes[place]);
    this.#put(place, own, hash);
    return own;
  }

  /** Whether this very object is in the cache. */
  keeps(row: SessionRow): boolean {
    return this.get(row.id, hashOf(row.id)) === row;
  }

  /** The row changed, or is gone. */
  drop(id: string, hash: number): void {
    const place = (hash & this.#mask) * 2;
    if (this.#at(place + 1, id, hash) !== undefined) this.#put(place + 1, undefined);
    if (this.#at(place, id, hash) === undefined) return;
    this.#put(place, this.#rows[place + 1], this.#codes[place + 1]);
    this.#put(place + 1, undefined);
  }

  clear(): void {
    this.#rows.fill(undefined);
    this.#codes.fill(0);
    this.#once.fill(0);
  }

  #at(place: number, id: string, code: number): SessionRow | undefined {
    if (this.#codes[place] !== code) return undefined;
    const row = this.#rows[place];
    return row !== undefined && row.id === id ? row : undefined;
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
