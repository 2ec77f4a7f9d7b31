/** The options of `sqlite()`, their defaults and their limits. */
import { resolve } from "node:path";
import type { CoatcheckError } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/options/option-names.ts";

/** The largest map of SQLite, in bytes; it reduces larger ones to this. */
const MOST_MMAP = 2_147_418_112;

/**
 * Options of {@link sqlite}.
 *
 * @example
 * ```ts
 * // A power failure may not bring back a session that was logged out, at one disk flush per write.
 * const store = sqlite({ path: "/var/lib/app/sessions.db", durability: "full", cacheRows: 16_384 });
 * ```
 */
export interface SqliteOptions {
  /** The file; created with mode 0600 if there is none. Its directory must exist, on a local file system. */
  readonly path: string;
  /**
   * What a write survives. `"normal"` (default): any end of the process; a power failure may undo the last writes, so
   * that a session that was logged out lives again. `"full"`: a power failure too, at the price of one disk flush per
   * write.
   */
  readonly durability?: "normal" | "full";
  /**
   * How long a call waits while another process writes, in milliseconds, before it throws `ERR_STORE_UNAVAILABLE`. The
   * calls after it fail fast until one succeeds. Default 1000.
   */
  readonly busyTimeout?: number;
  /**
   * The most rows to cache in memory, rounded down to a power of two. The cache is as exact as the file: each `get`
   * asks whether another process has written. Useful if few processes write and the same sessions come again. Default
   * 0: none.
   */
  readonly cacheRows?: number;
  /**
   * How much of the file is read through a memory map, in bytes; 0: none. Default 2 GiB, the most that SQLite supports.
   * This is address space, not memory.
   */
  readonly mmap?: number;
  /**
   * Called once if the file was deleted or replaced while it is in use. Until it is back every call throws
   * `ERR_STORE_UNAVAILABLE`. Default: a process warning, `COATCHECK_STORE_FILE`.
   */
  readonly onFileLost?: (error: CoatcheckError) => void;
  /**
   * Called once, at the start, if the file exists and users other than its owner may read or write it: it holds tokens
   * and identities. Default: a process warning, `COATCHECK_STORE_MODE`.
   */
  readonly onExposed?: (message: string) => void;
}

const NAMES: OptionNames<SqliteOptions> = {
  path: true,
  durability: true,
  busyTimeout: true,
  cacheRows: true,
  mmap: true,
  onFileLost: true,
  onExposed: true,
};

/** All options with their defaults, and the absolute path. Throws a `TypeError` for values that mean nothing. */
export function sqliteOptions(options: string | SqliteOptions): Required<SqliteOptions> {
  const given = typeof options === "string" ? { path: options } : options;
  knownOptions("", given, NAMES);
  const { path, durability = "normal", busyTimeout = 1_000, cacheRows = 0, mmap = MOST_MMAP } = given;
  const { onFileLost = warn, onExposed = warnOfMode } = given;
  if (typeof path !== "string" || path === "" || path.includes("\0")) throw new TypeError("sqlite() takes the path of a file");
  if (path === ":memory:") throw new TypeError("sqlite() keeps sessions in a file; memory() keeps them in memory");
  if (durability !== "normal" && durability !== "full") throw new TypeError('sqlite({ durability }) is "normal" or "full"');
  for (const [name, value] of Object.entries({ busyTimeout, cacheRows, mmap })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`sqlite({ ${name} }) takes a whole number, 0 or more`);
  }
  if (typeof onFileLost !== "function") throw new TypeError("sqlite({ onFileLost }) takes a function");
  if (typeof onExposed !== "function") throw new TypeError("sqlite({ onExposed }) takes a function");
  return { path: resolve(path), durability, busyTimeout, cacheRows, mmap, onFileLost, onExposed };
}

function warn({ message }: CoatcheckError): void {
  process.emitWarning(message, { code: "COATCHECK_STORE_FILE" });
}

function warnOfMode(message: string): void {
  process.emitWarning(message, { code: "COATCHECK_STORE_MODE" });
}
