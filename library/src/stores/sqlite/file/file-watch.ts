/** Detects that the open file was deleted or replaced: whether it is still the one at its path. */
import { statSync } from "node:fs";
import { clearInterval, setInterval } from "node:timers";
import { CoatcheckError } from "../../../core/errors.ts";

/** How often the path is checked between writes, in milliseconds. A check costs two microseconds. */
const INTERVAL = 500;

/** Identifies a file by device and inode; {@link NONE} if there is none. */
type FileIdentity = string;
const NONE: FileIdentity = "none";

/**
 * The identity of the file at a path. Throws what `stat` throws, except if the file or its directory does not exist.
 */
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
 * A file that was deleted or replaced while it is open can still be read and written. Processes that start later open
 * the new file, so that a session which ended in one file lives on in the other. Therefore the path is checked before
 * and after every write, and by a timer for processes that only read; the path of the write-ahead log is checked by the
 * timer only. If both files are back at their paths, the store works again: nothing was written to them meanwhile.
 */
export class FileWatch {
  readonly #path: string;
  readonly #file: FileIdentity;
  readonly #log: FileIdentity;
  readonly #onLost: (error: CoatcheckError) => void;
  readonly #timer: NodeJS.Timeout;
  #error: CoatcheckError | undefined;

  /** @param file the identity from before it was opened; the log exists by now, and stays while the database is open */
  constructor(path: string, file: FileIdentity, onLost: (error: CoatcheckError) => void) {
    this.#path = path;
    this.#file = file;
    this.#log = fileIdentity(logOf(path));
    this.#onLost = onLost;
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
  }

  /** Throws if the last check found the file lost. */
  known(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Checks the path now. Throws `ERR_STORE_UNAVAILABLE` if the file is lost. */
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
      // The store is unavailable, whatever the listener does.
    }
  }
}

const logOf = (path: string): string => `${path}-wal`;

/** A path that cannot be checked, because a permission is missing for example, proves nothing. */
function found(path: string, otherwise: FileIdentity): FileIdentity {
  try {
    return fileIdentity(path);
  } catch {
    return otherwise;
  }
}
