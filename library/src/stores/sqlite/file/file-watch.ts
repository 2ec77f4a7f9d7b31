/** Whether the file that is open is still the one at its path. */
import { statSync } from "node:fs";
import { clearInterval, setInterval } from "node:timers";
import { CoatcheckError } from "../../../core/errors.ts";

/** How often the path is looked at while nobody writes, in milliseconds: two microseconds each time. */
const INTERVAL = 500;

/** Which file it is: device and inode, or why there is none. */
type FileIdentity = string;
const NONE: FileIdentity = "none";

/** The file at a path. Throws what `stat` throws, but for a file or a directory that is not there. */
export function fileIdentity(path: string): FileIdentity {
  try {
    // Inodes can be past 2^53.
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? NONE : `${found.dev} ${found.ino}`;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return NONE;
    throw error;
  }
}

/**
 * An open file that was deleted, or that another one took the place of, is read and written as ever: processes that start later open the new one, and
 * what is ended in one of the two lives on in the other. So the path is looked at around every write, and by a timer for those who only read; its
 * write-ahead log by the timer alone. Both back at their paths are well again, for nothing was written to them meanwhile.
 */
export class FileWatch {
  readonly #path: string;
  readonly #file: FileIdentity;
  readonly #log: FileIdentity;
  readonly #onLost: (error: CoatcheckError) => void;
  readonly #timer: NodeJS.Timeout;
  #error: CoatcheckError | undefined;

  /** @param file as it was before it was opened; the log is there by now, and stays while it is open */
  constructor(path: string, file: FileIdentity, onLost: (error: CoatcheckError) => void) {
    this.#path = path;
    this.#file = file;
    this.#log = fileIdentity(logOf(path));
    this.#onLost = onLost;
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
  }

  /** Throws where the file was lost when the path was looked at last. */
  known(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Looks at the path now. Throws `ERR_STORE_UNAVAILABLE` where the file is lost. */
  check(): void {
    if (this.#error !== undefined || found(this.#path, this.#file) !== this.#file) this.#look();
    this.known();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const file = found(this.#path, this.#file);
    const log = found(logOf(this.#path), this.#log);
    if (file === this.#file && log === this.#log) this.#error = undefined;
    else if (this.#error === undefined) this.#lost(file === this.#file ? log : file);
  }

  #lost(now: FileIdentity): void {
    const what = now === NONE ? "was deleted" : "was replaced by another file";
    const message = `The session store ${this.#path} ${what} while it was in use. Restart every process that uses it.`;
    this.#error = new CoatcheckError("ERR_STORE_UNAVAILABLE", { message });
    try {
      this.#onLost(this.#error);
    } catch {
      // The store is unavailable, whatever a listener makes of it.
    }
  }
}

const logOf = (path: string): string => `${path}-wal`;

/** A path that cannot be looked at, for lack of a right for example, proves nothing. */
function found(path: string, otherwise: FileIdentity): FileIdentity {
  try {
    return fileIdentity(path);
  } catch {
    return otherwise;
  }
}
