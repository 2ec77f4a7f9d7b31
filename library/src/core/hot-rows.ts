/** Rows that are asked for again and again, as they were handed out: a cache with a bound, for stores. */
import type { SessionRow, StoreCapabilities } from "../contracts.ts";

/**
 * Whether a store says that it will hand out this very object again, so that what is found out about it is worth
 * keeping.
 */
export function isKept({ keepsRows }: Pick<StoreCapabilities, "keepsRows">, row: SessionRow): boolean {
  return typeof keepsRows === "function" ? keepsRows(row) : keepsRows === true;
}

/** For eight places of rows one hash is remembered of rows that were asked for once. */
const ONCE_OF = 8;

/**
 * Keeps rows by the hash of their id, in two places for each hash. Where both are taken a row that is asked for once is
 * not kept, for the garbage collector would have to copy it, and it would push out one that comes again: its hash is
 * remembered, until another's takes the place. Asked for once more it stays, and of those in its places the one that
 * came first goes.
 */
export class HotRows {
  readonly #mask: number;
  readonly #rows: (SessionRow | undefined)[];
  /**
   * The hashes of the rows in their places: whoever is not here is told so without a look at those who are, which are
   * in no cache.
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
   * A row that was read for somebody who asked, and is not kept: answers the object that stands for it from now on. One
   * that stays is a copy. V8 notices of each object literal whether what it makes lives long, and then makes all of it
   * among the old: rows that are read and dropped would fill the heap until the next full collection, and hold their
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

  /** Whether this very object is one that stays. */
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

/** An id's length, and where twelve of its characters begin, none of which tells the time. */
const ID_LENGTH = 22;
const RANDOM_AT = 10;

/** 32 bits of an id. Of one of ours, which is random, a part is enough. */
export function hashOf(id: string): number {
  return id.length === ID_LENGTH ? hashed(id, RANDOM_AT, ID_LENGTH - 2) : hashOfText(id);
}

/** 32 bits of any text, to which all of it counts: owners may differ in their last characters alone. */
export const hashOfText = (text: string): number => hashed(text, 0, text.length);

function hashed(text: string, begin: number, end: number): number {
  let hash = text.length;
  for (let at = begin; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x5bd1e995);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
