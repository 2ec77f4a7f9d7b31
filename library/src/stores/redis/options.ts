/** The options of `redis()`, their defaults and their limits. */

import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { knownOptions, type OptionNames } from "../../core/options/option-names.ts";
import type { CacheOptions } from "../../core/rows/bounded-rows.ts";

/**
 * A client of the app's own: of the package `redis` (`createClient`, `createSentinel`, `createCluster`) or `ioredis`
 * (`Redis`, `Cluster`). It is recognised by its methods.
 */
export type RedisClient = { duplicate(): object } & (
  | { sendCommand(...given: never[]): Promise<unknown> }
  | { call(...given: never[]): Promise<unknown> }
);

/**
 * Options of {@link redis}.
 *
 * @example
 * ```ts
 * import { redis } from "coatcheck/redis";
 * import { createCluster } from "redis";
 *
 * const client = await createCluster({ rootNodes: [{ url: "redis://a:6379" }, { url: "redis://b:6379" }] }).connect();
 * const store = redis({ client, prefix: "shop", replicas: 1 });
 * ```
 */
export interface RedisOptions {
  /** The app's own client, connected; the store never closes it. */
  readonly client: RedisClient;
  /** What all keys and the channel begin with, so that several apps can share a server. Default `"cc"`. */
  readonly prefix?: string;
  /**
   * How many replicas must have a write before it counts, so that a failover does not lose it; touches never wait. If
   * they have it not in time, the write is an outage (`ERR_STORE_UNAVAILABLE`): whether it lasts is not known.
   * Default 1 if the client is a sentinel's or a cluster's, else 0: nothing is waited for.
   */
  readonly replicas?: number;
  /** How long replicas and disks have to confirm a write, in milliseconds, 10 to 4000. Default 100. */
  readonly confirmTimeout?: number;
  /**
   * What a write survives. `"normal"` (default): as Redis persists. `"full"`: it is on the disk of the server, and of
   * `replicas` replicas, before it counts (`WAITAOF`); this needs `appendonly yes` and Redis 7.2 or Valkey.
   */
  readonly durability?: "normal" | "full";
  /**
   * Keeps rows for a bounded time, so that requests of one moment share a look-up: what another process ends is usually
   * ended here within a millisecond, and within `staleness` whatever breaks. Default: none are kept.
   */
  readonly cache?: CacheOptions;
  /**
   * Called once for each thing about the servers that loses sessions or endings: eviction, missing persistence, a
   * cluster without replicas, a clock that is wrong. Default: a process warning, `COATCHECK_STORE_REDIS`.
   */
  readonly onWarning?: (message: string) => void;
}

const NAMES: OptionNames<RedisOptions> = {
  client: true,
  prefix: true,
  replicas: true,
  confirmTimeout: true,
  durability: true,
  cache: true,
  onWarning: true,
};

/** Options with their defaults; `replicas` stays open, since it depends on the client. */
type CheckedOptions = Required<Omit<RedisOptions, "replicas" | "cache">> & Pick<RedisOptions, "replicas" | "cache">;

/** Checks the options. Throws a `TypeError` for values that mean nothing. */
export function redisOptions(given: RedisOptions): CheckedOptions {
  knownOptions("", given, NAMES);
  const { client, prefix = "cc", replicas, cache, confirmTimeout = 100, durability = "normal", onWarning = warn } = given;
  if (typeof client !== "object" || client === null) throw new TypeError("redis({ client }) takes a client of redis or ioredis");
  if (typeof prefix !== "string" || !/^[\w.:-]{1,100}$/.test(prefix)) {
    throw new TypeError("redis({ prefix }) takes letters, digits and . : _ -");
  }
  if (replicas !== undefined && !(Number.isInteger(replicas) && replicas >= 0 && replicas <= 100)) {
    throw new TypeError("redis({ replicas }) takes a whole number, 0 or more");
  }
  if (!(Number.isInteger(confirmTimeout) && confirmTimeout >= 10 && confirmTimeout <= 4_000)) {
    throw new TypeError("redis({ confirmTimeout }) takes milliseconds, 10 to 4000");
  }
  if (durability !== "normal" && durability !== "full") throw new TypeError('redis({ durability }) is "normal" or "full"');
  if (typeof onWarning !== "function") throw new TypeError("redis({ onWarning }) takes a function");
  return { client, prefix, confirmTimeout, durability, onWarning, ...omitUndefined({ replicas, cache }) };
}

function warn(message: string): void {
  process.emitWarning(message, { code: "COATCHECK_STORE_REDIS" });
}
