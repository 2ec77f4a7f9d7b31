/** Makes reads cheaper while nothing is written, by a second connection that holds the read lock. */
import { DatabaseSync } from "node:sqlite";
import { clearInterval, setInterval } from "node:timers";

/** How long the lock is held at a time, in milliseconds; another process that restarts the log waits no longer. */
const INTERVAL = 20;
/**
 * A hold costs as much as eight reads save with it, so it is taken if there are at least this many within that time.
 */
const ENOUGH = 16;

/**
 * Each read takes a lock in the log's index and releases it: two system calls, a quarter of its time. If another
 * connection of the same process has that lock already, SQLite only counts.
 *
 * So a second connection stays in a read transaction while there are many reads. The other connections still read the
 * newest rows, since each of their reads is a transaction of its own. The hold is released and taken again every
 * {@link INTERVAL}: on an old snapshot it would be useless to readers, and would keep the log from restarting.
 */
export class ReadHold {
  readonly #path: string;
  readonly #dataVersion: () => number;
  #db: DatabaseSync | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reads = 0;
  #wrote = false;
  #version = -1;
  #held = false;
  #over = false;

  /** @param dataVersion a number that changes when another connection commits; may throw */
  constructor(path: string, dataVersion: () => number) {
    this.#path = path;
    this.#dataVersion = dataVersion;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Call before each read of the store. */
  reads(): void {
    this.#reads += 1;
    if (this.#timer === undefined) this.#start();
  }

  /** Call after each write of the store, which does not change its own data version. */
  wrote(): void {
    this.#wrote = true;
  }

  close(): void {
    this.#over = true;
    this.#stop();
  }

  #start(): void {
    if (this.#over) return;
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
  }

  #look(): void {
    try {
      this.#release();
      const many = this.#reads >= ENOUGH;
      this.#reads = 0;
      if (!many) this.#stop();
      else if (this.#quiet()) this.#hold();
    } catch {
      // Reads without the hold are as correct, and a little slower.
      this.close();
    }
  }

  /** Whether nothing was written since the last call, which may be a while ago. */
  #quiet(): boolean {
    const version = this.#dataVersion();
    const quiet = version === this.#version && !this.#wrote;
    this.#version = version;
    this.#wrote = false;
    return quiet;
  }

  #hold(): void {
    this.#db ??= new DatabaseSync(this.#path, { readOnly: true });
    // The transaction begins with its first read.
    this.#db.exec("BEGIN; SELECT 1 FROM sessions LIMIT 1");
    this.#held = true;
  }

  #release(): void {
    if (this.#held) this.#db?.exec("COMMIT");
    this.#held = false;
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#held = false;
    this.#db?.close();
    this.#db = undefined;
  }
}
