/** The memory map through which the file is read, as large as the file is by now. */
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

/** A part of the file that is read without the map costs two system calls for each page; a new map, that its pages are found anew. */
const SMALLEST_GROWTH = 1_048_576;
const GROWTH = 1 / 32;

/**
 * SQLite maps the file as it is when it is first read, and anew when another connection has written. A process that alone writes a file
 * would so read through the map what was there when it started, and all that came since by system calls.
 */
export class FileMap {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #most: number;
  #mapped: number;

  /** @param most bytes that are mapped; 0: none */
  constructor(db: DatabaseSync, path: string, most: number) {
    this.#db = db;
    this.#path = path;
    this.#most = most;
    this.#mapped = this.#size();
  }

  /** A checkpoint may have made the file larger. No statement is at work. */
  follow(): void {
    try {
      const size = this.#size();
      if (size - this.#mapped < Math.max(SMALLEST_GROWTH, this.#mapped * GROWTH)) return;
      this.#mapped = size;
      // Let go, and made again by the next read.
      this.#db.exec(`PRAGMA mmap_size = 0; PRAGMA mmap_size = ${this.#most}`);
    } catch {
      // What was written is written. Reads do without: they are as right, and a little slower.
    }
  }

  #size(): number {
    if (this.#most === 0) return 0;
    return Math.min(this.#most, statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0);
  }
}
