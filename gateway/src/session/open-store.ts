/** Opens the configured session store. */
import type { CoatcheckError, SessionStore } from "coatcheck";
import { memory } from "coatcheck/memory";
import { omitUndefined } from "coatcheck/settings";
import { sqlite } from "coatcheck/sqlite";
import type { StoreSetting } from "../config/kinds/store-kind.ts";

/**
 * The largest number of cached rows; each look-up asks the file whether another process has written since. A row with
 * what is derived from it takes about three kilobytes. More rows would make each full garbage collection longer, and
 * with it the slowest requests of all users. Beside other processes that write all the time, a cache would not pay.
 */
const KEPT_ROWS = 8_192;

interface OpenOptions {
  readonly workers?: number;
  /** Told once when the file is no longer at its path. Default: a process warning. */
  readonly onFileLost?: (error: CoatcheckError) => void;
  /** Told once when others than its owner may open the file. Default: a process warning. */
  readonly onExposed?: (message: string) => void;
}

/** Opens the configured store. Throws a `CoatcheckError` that says what is wrong with it and what to do. */
export function openStore(setting: StoreSetting, { workers = 1, onFileLost, onExposed }: OpenOptions = {}): SessionStore {
  if (setting.kind === "memory") return memory();
  const told = omitUndefined({ onFileLost, onExposed });
  return sqlite({ path: setting.path, cacheRows: workers === 1 ? KEPT_ROWS : 0, ...told });
}
