import type { DatabaseSync } from "node:sqlite";

/** How long a write waits behind a lock that has stood for a whole `busyTimeout` already, in milliseconds. */
const SHORT = 20;

/**
 * How long writes wait for another process that writes. Waiting holds the event loop, so that requests which need no write wait too:
 * after one write has waited in vain the next are told at once, until one gets through.
 */
export class Patience {
  readonly #db: DatabaseSync;
  readonly #full: number;
  #short = false;

  constructor(db: DatabaseSync, full: number) {
    this.#db = db;
    this.#full = full;
  }

  /** A write found the file locked. */
  lost(): void {
    if (!this.#short && this.#full > SHORT) this.#set(true);
  }

  /** A write got through. */
  regained(): void {
    if (this.#short) this.#set(false);
  }

  #set(short: boolean): void {
    this.#short = short;
    this.#db.exec(`PRAGMA busy_timeout = ${short ? SHORT : this.#full}`);
  }
}
