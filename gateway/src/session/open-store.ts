/** Opens the configured session store. */
import type { CoatcheckError, SessionStore } from "coatcheck";
import { memory } from "coatcheck/memory";
import { omitUndefined } from "coatcheck/settings";
import { sqlite } from "coatcheck/sqlite";
import type { KeepingSetting } from "../config/kinds/store-kind.ts";

/**
 * The largest number of cached rows; each look-up asks the file whether another process has written since. A row with
 * what is derived from it takes about three kilobytes. More rows would make each full garbage collection longer, and
 * with it the slowest requests of all users. Beside other processes that write all the time, a cache would not pay.
 */
const KEPT_ROWS = 8_192;

export interface OpenOptions {
  /** The setting `storePassword` as it is when a connection is opened. */
  readonly password?: () => string | undefined;
  readonly workers?: number;
  /** Told once when the file is no longer at its path. Default: a process warning. */
  readonly onFileLost?: (error: CoatcheckError) => void;
  /** Told what an operator should know of the store, once each. Default: a process warning. */
  readonly onWarning?: (message: string) => void;
  /** A server that does not answer is an error, and no warning. Default `false`. */
  readonly mustAnswer?: boolean;
}

/** Opens the configured store. Throws a `CoatcheckError` that says what is wrong with it and what to do. */
export async function openStore(setting: KeepingSetting, options: OpenOptions = {}): Promise<SessionStore> {
  const { password = () => undefined, workers = 1, onFileLost, onWarning, mustAnswer = false } = options;
  if (setting.kind === "memory") return memory();
  const server = { password, mustAnswer, onWarning: onWarning ?? ((message: string) => process.emitWarning(message)) };
  if (setting.kind === "postgres") return (await import("./open-postgres.ts")).openPostgres(setting, server);
  if (setting.kind === "redis") return (await import("./open-redis.ts")).openRedis(setting, server);
  const told = omitUndefined({ onFileLost, onExposed: onWarning });
  return sqlite({ path: setting.path, cacheRows: workers === 1 ? KEPT_ROWS : 0, ...told });
}
