/** Keeps the memory map through which SQLite reads the file as large as the file. */
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

/** Reading beyond the map costs two system calls per page; a new map costs a page fault for each of its pages. */
const SMALLEST_GROWTH = 1_048_576;
const GROWTH = 1 / 32;

/**
 * SQLite maps the file when it is first read, and again when another connection has written. A process that is the only
 * writer would therefore read through the map only what existed when it started, and newer pages by system calls.
 */
export class FileMap {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #most: number;
  #mapped: number;

  /** @param most the most bytes to map; 0 for no map */
  constructor(db: DatabaseSync, path: string, most: number) {
    this.#db = db;
    this.#path = path;
    this.#most = most;
    this.#mapped = this.#size();
  }

  /** Call after a checkpoint, which may have made the file larger, while no statement is running. */
  follow(): void {
    try {
      const size = this.#size();
      if (size - this.#mapped < Math.max(SMALLEST_GROWTH, this.#mapped * GROWTH)) return;
      this.#mapped = size;
      // Unmaps the file; the next read maps it again.
      this.#db.exec(`PRAGMA mmap_size = 0; PRAGMA mmap_size = ${this.#most}`);
    } catch {
      // The write is done. Reads without the map are as correct, and a little slower.
    }
  }

  #size(): number {
    if (this.#most === 0) return 0;
    return Math.min(this.#most, statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0);
  }
}
