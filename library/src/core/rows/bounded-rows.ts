/** Rows of a short while ago: a cache with a bound, for stores whose rows other processes change too. */
import type { SessionRow } from "../../contracts.ts";
import { knownOptions, type OptionNames } from "../options/option-names.ts";
import type { Duration } from "../options/settings.ts";
import { durationOption } from "../options/settings.ts";

/**
 * How a store keeps rows for a short while; off unless it is given.
 *
 * @example
 * ```ts
 * import type { CacheOptions } from "coatcheck/redis";
 * const cache: CacheOptions = { staleness: "1s", rows: 20_000 };
 * ```
 */
export interface CacheOptions {
  /**
   * How old a row may be that lets a request in, in milliseconds or as `"1s"`: what another process ends is ended here
   * within this time, whatever breaks. From 10 ms to a minute.
   */
  readonly staleness: Duration;
  /** The most rows that are kept, of some three kilobytes each with what is derived from them. Default 8192. */
  readonly rows?: number;
}

const NAMES: OptionNames<CacheOptions> = { staleness: true, rows: true };

interface Kept {
  readonly row: SessionRow;
  /** When the read that answered it was begun. */
  readonly at: number;
}

/**
 * A row counts from when its read was begun, so that it is never older than it seems; nothing extends that. What is
 * known to have changed goes at once, and a read that was begun before is not kept. All maps are in the order of time,
 * so that what is past is at their beginning.
 */
export class BoundedRows {
  readonly #staleness: number;
  readonly #most: number;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();
  /** When rows were dropped, as long as reads from before can arrive that count. */
  readonly #dropped = new Map<string, number>();
  #cleared = Number.NEGATIVE_INFINITY;

  /**
   * @param now milliseconds of a clock that never goes back
   * @throws TypeError for options that mean nothing.
   */
  constructor(options: CacheOptions, now: () => number) {
    knownOptions("cache", options, NAMES);
    const { rows = 8192 } = options;
    if (!(Number.isInteger(rows) && rows >= 1 && rows <= 10_000_000)) {
      throw new TypeError("cache.rows is a whole number from 1 to 10000000");
    }
    this.#staleness = durationOption("cache.staleness", options.staleness, 10, 60_000);
    this.#most = rows;
    this.#now = now;
  }

  /** When a read begins, to be told to {@link keep}. */
  begin(): number {
    return this.#now();
  }

  /** The row, if it is not too old. */
  get(id: string): SessionRow | undefined {
    const kept = this.#kept.get(id);
    return kept !== undefined && this.#now() - kept.at < this.#staleness ? kept.row : undefined;
  }

  /** Whether this very object is what {@link get} would answer. */
  keeps(row: SessionRow): boolean {
    return this.get(row.id) === row;
  }

  /** Keeps what a read answered that was begun at that time, if it can. Answers the object that stands for it. */
  keep(row: SessionRow, begun: number): SessionRow {
    const now = this.#now();
    const { id } = row;
    const before = this.#kept.get(id);
    const isPast = now - begun >= this.#staleness || begun <= this.#cleared || begun <= (this.#dropped.get(id) ?? begun - 1);
    if (row.ended !== null) this.drop(id);
    if (isPast || row.ended !== null || (before !== undefined && before.at > begun)) return row;
    // The same object while it is the same row, by which others keep what they derived from it.
    const same = before !== undefined && before.row.version === row.version && before.row.seen === row.seen;
    const kept = same ? before.row : row;
    this.#kept.delete(id);
    this.#kept.set(id, { row: kept, at: begun });
    this.#tidy(now);
    return kept;
  }

  /** The row changed, or may have. */
  drop(id: string): void {
    const now = this.#now();
    this.#kept.delete(id);
    this.#dropped.delete(id);
    this.#dropped.set(id, now);
    for (const [past, at] of this.#dropped) {
      if (now - at < this.#staleness) break;
      this.#dropped.delete(past);
    }
  }

  /** Any row may have changed. */
  clear(): void {
    this.#cleared = this.#now();
    this.#kept.clear();
  }

  #tidy(now: number): void {
    for (const [id, { at }] of this.#kept) {
      if (this.#kept.size <= this.#most && now - at < this.#staleness) return;
      this.#kept.delete(id);
    }
  }
}
