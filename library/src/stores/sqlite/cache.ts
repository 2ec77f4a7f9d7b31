/** A cache of rows that is as exact as the file. */
import type { SessionRow } from "../../contracts.ts";
import { HotRows, hashOf } from "../../core/hot-rows.ts";

/**
 * The cache is cleared when `dataVersion` shows that another connection has committed, and a row is dropped when this
 * connection writes it. The version is read before the row, so that a cached row may be newer than its version, never
 * older.
 */
export class RowCache {
  readonly #dataVersion: () => number;
  readonly #rows: HotRows;
  #version = -1;

  constructor(size: number, dataVersion: () => number) {
    this.#rows = new HotRows(size);
    this.#dataVersion = dataVersion;
  }

  get(id: string): SessionRow | undefined {
    const version = this.#dataVersion();
    if (version !== this.#version) {
      this.#rows.clear();
      this.#version = version;
    }
    return this.#rows.get(id, hashOf(id));
  }

  /** Whether `get` will return this very object again, unless another process writes. */
  keeps(row: SessionRow): boolean {
    return this.#rows.keeps(row);
  }

  /** Caches the row, and returns the object that `get` will return from now on. */
  keep(row: SessionRow): SessionRow {
    return this.#rows.keep(row, hashOf(row.id));
  }

  drop(id: string): void {
    this.#rows.drop(id, hashOf(id));
  }

  clear(): void {
    this.#rows.clear();
  }
}
