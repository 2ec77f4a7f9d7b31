/** A cache of rows that is as exact as the file. */
import type { SessionRow } from "../../contracts.ts";
import { HotRows, hashOf } from "../../core/hot-rows.ts";
import { SAME_COLUMNS } from "./statements.ts";

/**
 * The cache is cleared when `dataVersion` shows that another connection has committed, and is told what this connection
 * writes. Only who finds a row here asks for the version: a cached row may be newer than its version, never older.
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
    const row = this.#rows.get(id, hashOf(id));
    if (row !== undefined && this.#current()) return row;
    if (this.#version === -1) this.#version = this.#dataVersion();
    return undefined;
  }

  /** Whether `get` will return this very object again, unless another process writes. */
  keeps(row: SessionRow): boolean {
    return this.#rows.keeps(row);
  }

  /** Caches the row, and returns the object that `get` will return from now on. */
  keep(row: SessionRow): SessionRow {
    return this.#rows.keep(row, hashOf(row.id));
  }

  /** Drops the row that this connection is about to write, and returns it. */
  take(id: string): SessionRow | undefined {
    const row = this.#rows.get(id, hashOf(id));
    if (row !== undefined) this.drop(id);
    return row;
  }

  /** Caches what is stored now that `row` was written over this version of the taken one, if that is known. */
  follow(taken: SessionRow, row: SessionRow, version: number): void {
    const next = followed(taken, row, version);
    if (next !== undefined) this.keep(next);
  }

  drop(id: string): void {
    this.#rows.drop(id, hashOf(id));
  }

  clear(): void {
    this.#rows.clear();
  }

  #current(): boolean {
    const version = this.#dataVersion();
    if (version === this.#version) return true;
    this.#rows.clear();
    this.#version = version;
    return false;
  }
}

/**
 * What is stored since `row` was written over `taken`: a lease, refreshed tokens or new data, and the later `seen`.
 * `undefined` if it has to be read: more was written, or a text that SQLite gives back as another.
 */
function followed(taken: SessionRow, row: SessionRow, version: number): SessionRow | undefined {
  const { seen, renewAt, tokenExpires, lease, body } = row;
  if (taken.version !== version || row.ended !== null || row.reason !== null) return undefined;
  if (!body.isWellFormed() || lease?.isWellFormed() === false) return undefined;
  if (!SAME_COLUMNS.every((name) => taken[name] === row[name])) return undefined;
  return { ...taken, version: row.version, seen: Math.max(taken.seen, seen), renewAt, tokenExpires, lease, body };
}
