/** The busy timeout of SQLite, shortened while another process holds the file locked. */
import type { DatabaseSync } from "node:sqlite";

/** The busy timeout of writes after one that waited for a whole `busyTimeout` in vain, in milliseconds. */
const SHORT = 20;

/**
 * How long writes wait for a lock of another process. Waiting blocks the event loop, and so requests that only read.
 * After one write has waited in vain the next ones fail fast, until one succeeds.
 */
export class BusyTimeout {
  readonly #db: DatabaseSync;
  readonly #full: number;
  #short = false;

  constructor(db: DatabaseSync, full: number) {
    this.#db = db;
    this.#full = full;
  }

  /** A write failed because the file was locked. */
  expired(): void {
    if (!this.#short && this.#full > SHORT) this.#set(true);
  }

  /** A write succeeded. */
  succeeded(): void {
    if (this.#short) this.#set(false);
  }

  #set(short: boolean): void {
    this.#short = short;
    this.#db.exec(`PRAGMA busy_timeout = ${short ? SHORT : this.#full}`);
  }
}
