/** The options of `postgres()`, their defaults and their limits. */

import { knownOptions, type OptionNames } from "../../core/options/option-names.ts";
import type { Duration } from "../../core/options/settings.ts";
import { durationOption } from "../../core/options/settings.ts";
import type { CacheOptions } from "../../core/rows/bounded-rows.ts";
import type { PostgresListener, PostgresPool } from "./client.ts";

/**
 * Options of {@link postgres}.
 *
 * @example
 * ```ts
 * import pg from "pg";
 * import { postgres } from "coatcheck/postgres";
 * // Through PgBouncer, with a connection past it for the push, as a role that may create nothing.
 * const store = postgres({
 *   pool: new pg.Pool({ connectionString: process.env["DATABASE_URL"], connectionTimeoutMillis: 2_000 }),
 *   listen: () => new pg.Client({ connectionString: process.env["DATABASE_DIRECT_URL"] }),
 *   migrate: false,
 * });
 * ```
 */
export interface PostgresOptions {
  /** A `Pool` of `pg`, or a function around another client. It is yours: the store never closes it. */
  readonly pool: PostgresPool;
  /** The schema that holds the tables. Small letters, digits and `_`, at most 40. Default `"coatcheck"`. */
  readonly schema?: string;
  /**
   * Makes a connection of its own on which the store hears of endings at once, straight to the server: `LISTEN` does
   * not work through a pooler of transactions. Default: none. Then the engine looks at watched sessions twice a second.
   */
  readonly listen?: () => PostgresListener;
  /**
   * Whether the store creates its tables and brings them up to date. Default `true`. `false` for a role that may not:
   * then run what {@link postgresSchema} answers.
   */
  readonly migrate?: boolean;
  /**
   * Whether endings are told to other processes (`NOTIFY`), which costs a lock of the whole server at each commit that
   * does. Default `true`; `false` above about a thousand endings a second.
   */
  readonly notify?: boolean;
  /**
   * How long one statement may take, the wait for a connection included, before it counts as an outage: milliseconds,
   * or a text such as `"4s"`. Below the `storeTimeout` of `coatcheck()`. Default 4 s.
   */
  readonly queryTimeout?: Duration;
  /**
   * Keeps rows for a bounded time, so that requests of one moment share a look-up: what another process ends is ended
   * here within `staleness` whatever breaks, and with `listen` usually within a millisecond. Default: none are kept.
   */
  readonly cache?: CacheOptions;
  /** Told what costs speed or safety, once each. Default: a process warning, `COATCHECK_POSTGRES`. */
  readonly onWarning?: (message: string) => void;
}

const NAMES: OptionNames<PostgresOptions> = {
  pool: true,
  schema: true,
  listen: true,
  migrate: true,
  notify: true,
  queryTimeout: true,
  cache: true,
  onWarning: true,
};

/** All options, with their defaults. */
export interface CheckedOptions {
  readonly pool: PostgresPool;
  readonly schema: string;
  readonly listen: (() => PostgresListener) | undefined;
  readonly migrate: boolean;
  readonly notify: boolean;
  readonly queryTimeout: number;
  readonly cache: CacheOptions | undefined;
  readonly onWarning: (message: string) => void;
}

const NO_PARTITIONS =
  "postgres({ partitions }) is not built yet. Rows are deleted in batches, which keeps up with ten million expired sessions a day; with fewer, partitions would only make look-ups dearer";

/** All options with their defaults. Throws a `TypeError` for values that mean nothing. */
export function postgresOptions(options: PostgresOptions): CheckedOptions {
  if (Object.hasOwn(options, "partitions")) throw new TypeError(NO_PARTITIONS);
  knownOptions("", options, NAMES);
  const { pool, listen, cache, migrate = true, notify = true, onWarning = warn } = options;
  if (typeof pool?.query !== "function")
    throw new TypeError("postgres({ pool }) takes a Pool of pg, or an object with its query()");
  for (const [name, value] of Object.entries({ listen, onWarning })) {
    if (value !== undefined && typeof value !== "function") throw new TypeError(`postgres({ ${name} }) takes a function`);
  }
  for (const [name, value] of Object.entries({ migrate, notify })) {
    if (typeof value !== "boolean") throw new TypeError(`postgres({ ${name} }) is true or false`);
  }
  const queryTimeout = durationOption("queryTimeout", options.queryTimeout ?? 4_000, 50, 600_000);
  return { pool, schema: checkedSchema(options.schema), listen, migrate, notify, queryTimeout, cache, onWarning };
}

/** A schema's name, which stands unquoted in statements and channels. Throws a `TypeError` for another. */
export function checkedSchema(schema = "coatcheck"): string {
  if (typeof schema === "string" && /^(?!pg_)[a-z_][a-z0-9_]{0,39}$/.test(schema)) return schema;
  throw new TypeError("postgres({ schema }) takes small letters, digits and _, at most 40, and no name that begins with pg_");
}

function warn(message: string): void {
  process.emitWarning(message, { code: "COATCHECK_POSTGRES" });
}
