import { DatabaseSync } from "node:sqlite";
import { clearInterval, setInterval } from "node:timers";

/** How long the file is held at a time, in milliseconds; a log that others want to begin anew waits no longer than this. */
const INTERVAL = 20;
/** So many reads within that time are worth a hold, which costs as much as eight of them save. */
const ENOUGH = 16;

/**
 * Makes reads cheaper while nobody writes. Each read takes a lock in the file's index and gives it back: two system calls, a quarter of its
 * time. Where another connection of the same process has the same lock already, SQLite only counts.
 *
 * So a connection of its own stands in a read transaction while there are many reads. What the others read is as fresh as ever, for each of
 * their reads begins a transaction of its own. The hold is let go and taken anew all the time: one that stood on what is no longer the newest
 * would be of no use to readers, and would keep the log from beginning anew.
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

  /** @param dataVersion changes when another connection commits; may throw */
  constructor(path: string, dataVersion: () => number) {
    this.#path = path;
    this.#dataVersion = dataVersion;
  }

  get held(): boolean {
    return this.#held;
  }

  /** The store reads. */
  reads(): void {
    this.#reads += 1;
    if (this.#timer === undefined) this.#start();
  }

  /** The store wrote, which the data version does not tell. */
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
      this.#letGo();
      const many = this.#reads >= ENOUGH;
      this.#reads = 0;
      if (!many) this.#stop();
      else if (this.#quiet()) this.#hold();
    } catch {
      // Reads do without: they are as right, and a little slower.
      this.close();
    }
  }

  /** Nobody has written since this was asked last, which may be a while ago. */
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

  #letGo(): void {
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
