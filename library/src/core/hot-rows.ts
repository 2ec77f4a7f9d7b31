/** Rows that are asked for again and again, as they were handed out: a cache with a bound, for stores. */
import type { SessionRow, StoreCapabilities } from "../contracts.ts";

/** Whether a store says that it will hand out this very object again, so that what is found out about it is worth keeping. */
export function isKept({ keepsRows }: Pick<StoreCapabilities, "keepsRows">, row: SessionRow): boolean {
  return typeof keepsRows === "function" ? keepsRows(row) : keepsRows === true;
}

/** Of eight places for rows that stay one is for rows that were asked for once. */
const FIRST_OF = 8;

/**
 * Keeps rows by the hash of their id, in two places for each hash. Where both are taken a row that is asked for once waits in another, which the next but
 * one takes: it shall not live until the garbage collector has copied it, nor push out one that comes again. Asked for once more it stays, and of those in
 * its places the one that came first goes.
 */
export class HotRows {
  readonly #kept: Pairs;
  readonly #first: Pairs;

  /** @param most how many rows stay at most; the next lower power of two counts */
  constructor(most: number) {
    const places = 2 ** Math.max(1, Math.floor(Math.log2(most)));
    this.#kept = new Pairs(places);
    this.#first = new Pairs(Math.max(2, places / FIRST_OF));
  }

  get(id: string, hash: number): SessionRow | undefined {
    const kept = this.#kept.get(id, hash);
    if (kept !== undefined) return kept;
    const first = this.#first.get(id, hash);
    if (first === undefined) return undefined;
    this.#first.drop(id, hash);
    this.#kept.push(first, hash);
    return first;
  }

  /** A row that was read for somebody who asked. */
  keep(row: SessionRow, hash: number): void {
    (this.#kept.hasRoom(hash) ? this.#kept : this.#first).push(row, hash);
  }

  /** Whether this very object is one that stays. */
  keeps(row: SessionRow): boolean {
    return this.#kept.get(row.id, hashOf(row.id)) === row;
  }

  /** The row changed, or is gone. */
  drop(id: string, hash: number): void {
    this.#kept.drop(id, hash);
    this.#first.drop(id, hash);
  }

  clear(): void {
    this.#kept.clear();
    this.#first.clear();
  }
}

/** Two rows for each hash. */
class Pairs {
  readonly #mask: number;
  readonly #rows: (SessionRow | undefined)[];

  constructor(places: number) {
    this.#mask = places / 2 - 1;
    this.#rows = new Array<SessionRow | undefined>(places).fill(undefined);
  }

  get(id: string, hash: number): SessionRow | undefined {
    const place = (hash & this.#mask) * 2;
    const newer = this.#rows[place];
    if (newer !== undefined && newer.id === id) return newer;
    const older = this.#rows[place + 1];
    return older !== undefined && older.id === id ? older : undefined;
  }

  hasRoom(hash: number): boolean {
    return this.#rows[(hash & this.#mask) * 2 + 1] === undefined;
  }

  /** The older one goes. */
  push(row: SessionRow, hash: number): void {
    const place = (hash & this.#mask) * 2;
    this.#rows[place + 1] = this.#rows[place];
    this.#rows[place] = row;
  }

  drop(id: string, hash: number): void {
    const place = (hash & this.#mask) * 2;
    if (this.#rows[place + 1]?.id === id) this.#rows[place + 1] = undefined;
    if (this.#rows[place]?.id !== id) return;
    this.#rows[place] = this.#rows[place + 1];
    this.#rows[place + 1] = undefined;
  }

  clear(): void {
    this.#rows.fill(undefined);
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
