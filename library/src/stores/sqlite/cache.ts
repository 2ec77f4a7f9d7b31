import type { SessionRow } from "../../contracts.ts";
import { HotRows, hashOf } from "../../core/hot-rows.ts";

/**
 * Rows as read, exact: `dataVersion` changes when another connection commits, and then nothing is kept; what this connection writes it drops
 * itself. A row that was read later than its version was asked for is only newer than it counts for.
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

  /** Whether this very object will be handed out again, unless another process writes. */
  keeps(row: SessionRow): boolean {
    return this.#rows.keeps(row);
  }

  /** Answers what stands for the row from now on. */
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
