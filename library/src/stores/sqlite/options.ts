/** What `sqlite()` is asked for: the options, their defaults and their limits. */
import { resolve } from "node:path";
import type { CoatcheckError } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/options/option-names.ts";

/** What SQLite makes of anything larger, in bytes. */
const MOST_MMAP = 2_147_418_112;

/** Options of {@link sqlite}. */
export interface SqliteOptions {
  /** The file; made with mode 0600 where there is none. Its directory must exist, on a local file system. */
  readonly path: string;
  /**
   * What a write survives. `"normal"` (default): the end of the process, however sudden; a power failure may take the last writes back, which
   * for a logout means that the session lives again. `"full"`: a power failure too, at the price of one disk flush per write.
   */
  readonly durability?: "normal" | "full";
  /** How long a call waits while another process writes, in milliseconds, before it throws `ERR_STORE_UNAVAILABLE`; those behind it wait no more until one gets through. Default 1000. */
  readonly busyTimeout?: number;
  /**
   * Rows kept in memory as read, at most; the next lower power of two counts. They are as exact as the file: each `get` asks whether another process has written. Worth it where few
   * processes write and the same sessions come again. Default 0: none.
   */
  readonly cacheRows?: number;
  /** How much of the file is read through a memory map, in bytes; 0: none. Default 2 GiB, the most that SQLite does. Address space, not memory. */
  readonly mmap?: number;
  /**
   * Told once when the file is no longer at its path: deleted, or another one in its place. Until it is back every call throws
   * `ERR_STORE_UNAVAILABLE`. Default: a process warning, `COATCHECK_STORE_FILE`.
   */
  readonly onFileLost?: (error: CoatcheckError) => void;
  /**
   * Told once, at the start, when the file is there already and others than its owner may read or write it: it holds tokens and
   * identities. Default: a process warning, `COATCHECK_STORE_MODE`.
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

/** All options, the path absolute. Throws a `TypeError` for what means nothing. */
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
