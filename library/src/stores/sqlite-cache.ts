import type { SessionRow } from "../contracts.ts";

/**
 * Rows as read, exact: `dataVersion` changes when another connection commits, and then nothing is kept; what this connection writes it drops
 * itself. A row that was read later than its version was asked for is only newer than it counts for.
 */
export class RowCache {
  readonly #size: number;
  readonly #dataVersion: () => number;
  readonly #rows = new Map<string, SessionRow>();
  #version = -1;

  constructor(size: number, dataVersion: () => number) {
    this.#size = size;
    this.#dataVersion = dataVersion;
  }

  get(id: string): SessionRow | undefined {
    const version = this.#dataVersion();
    if (version !== this.#version) {
      this.#rows.clear();
      this.#version = version;
    }
    return this.#rows.get(id);
  }

  keep(row: SessionRow): void {
    if (this.#rows.size >= this.#size) {
      const [oldest] = this.#rows.keys();
      if (oldest !== undefined) this.#rows.delete(oldest);
    }
    this.#rows.set(row.id, row);
  }

  drop(id: string): void {
    this.#rows.delete(id);
  }

  clear(): void {
    this.#rows.clear();
  }
}
