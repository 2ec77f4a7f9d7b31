/** `coatcheck/redis`: sessions in Redis or Valkey, on one server, behind sentinels, or in a cluster. */
import type {
  EndReason,
  EndTarget,
  ListQuery,
  PutCondition,
  ScanPage,
  SessionRow,
  SessionStore,
  StoreCapabilities,
} from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { BoundedRows } from "../core/rows/bounded-rows.ts";
import { keepRows } from "../core/rows/keep-rows.ts";
import { ServerChecks } from "./redis/checks/server-checks.ts";
import { commanderOf } from "./redis/clients/recognise.ts";
import type { EndingListener } from "./redis/endings.ts";
import { EndingPush } from "./redis/endings.ts";
import { failure } from "./redis/failure.ts";
import { Keys } from "./redis/keys.ts";
import type { RedisOptions } from "./redis/options.ts";
import { redisOptions } from "./redis/options.ts";
import { Reads } from "./redis/reads.ts";
import { Scan } from "./redis/scan.ts";
import { Sender } from "./redis/sender.ts";
import { Indexes } from "./redis/sets/indexes.ts";
import { Lists } from "./redis/sets/lists.ts";
import { Renewals } from "./redis/sets/renewals.ts";
import { Writes } from "./redis/writes.ts";

export type { CacheOptions } from "../core/rows/bounded-rows.ts";
export type { RedisClient, RedisOptions } from "./redis/options.ts";

/**
 * Keeps sessions in Redis 7.0 or later, or in Valkey, through the app's own client of `redis` or `ioredis`.
 *
 * @throws TypeError for options that mean nothing, and for a client that is of neither.
 * @throws CoatcheckError `ERR_STORE_UNAVAILABLE`, from any call, if Redis did not answer, refused (a full memory, for
 * example), or too few replicas confirmed; `ERR_STORE_INVALID` if the server is too old.
 * @example
 * ```ts
 * import { redis } from "coatcheck/redis";
 * import { createClient } from "redis";
 *
 * const client = await createClient({ url: "redis://localhost:6379" }).on("error", console.error).connect();
 * const auth = coatcheck({ store: redis({ client }), … });
 * ```
 */
export function redis(options: RedisOptions): SessionStore {
  const checked = redisOptions(options);
  const rows = checked.cache && new BoundedRows(checked.cache, () => performance.now());
  const store = new RedisStore(checked);
  return rows === undefined ? store : keepRows(store, rows);
}

class RedisStore implements SessionStore {
  readonly name = "redis";
  readonly capabilities: StoreCapabilities = Object.freeze({ shared: true, durable: true, watch: true, expires: true });
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #sender: Sender;
  readonly #renewals: Renewals;
  readonly #lists: Lists;
  readonly #scan: Scan;
  readonly #endings: EndingPush;
  readonly #checks: ServerChecks;
  #closed = false;

  constructor(options: ReturnType<typeof redisOptions>) {
    const commander = commanderOf(options.client);
    const { prefix, confirmTimeout, durability, replicas = commander.kind === "server" ? 0 : 1 } = options;
    const keys = new Keys(prefix);
    this.#reads = new Reads(commander, keys);
    const sender = new Sender(commander, { replicas, confirmTimeout, durability });
    this.#sender = sender;
    this.#renewals = new Renewals(commander, keys, (call) => sender.send(call));
    const indexes = new Indexes(commander, (call) => sender.write(call));
    const parts = { keys, sender, indexes, reads: this.#reads, renewals: this.#renewals };
    this.#writes = new Writes(parts);
    this.#lists = new Lists({ ...parts, writes: this.#writes });
    this.#scan = new Scan(commander, keys, this.#reads);
    this.#endings = new EndingPush(commander, keys.channel);
    this.#checks = new ServerChecks(commander, { durability, replicas, warn: options.onWarning });
  }

  get(id: string): Promise<SessionRow | undefined> {
    return this.#attempt(() => this.#reads.get(id));
  }

  getMany(ids: readonly string[]): Promise<readonly (SessionRow | undefined)[]> {
    return this.#attempt(() => this.#reads.getMany(ids));
  }

  put(row: SessionRow, condition: PutCondition): Promise<boolean> {
    return this.#attempt(() => (condition === "absent" ? this.#writes.insert(row) : this.#writes.update(row, condition)));
  }

  touch(id: string, seen: number): Promise<boolean> {
    return this.#attempt(() => this.#writes.touch(id, seen));
  }

  end(target: EndTarget, reason: EndReason, now: number): Promise<readonly string[]> {
    return this.#attempt(async () => {
      if (!("id" in target)) return this.#lists.end(target, reason, now);
      return (await this.#writes.end(target.id, reason, now)) ? [target.id] : [];
    });
  }

  list(query: ListQuery, limit: number, now: number): Promise<readonly SessionRow[]> {
    const most = Math.max(0, Math.min(limit, Number.MAX_SAFE_INTEGER));
    return this.#attempt(() => this.#lists.list(query, most, now));
  }

  mark(key: string, until: number, now: number, value = ""): Promise<boolean> {
    return this.#attempt(() => this.#writes.mark(key, until, now, value));
  }

  marked(key: string, now: number): Promise<string | undefined> {
    return this.#attempt(() => this.#writes.marked(key, now));
  }

  scan(position: string | null, limit: number): Promise<ScanPage> {
    return this.#attempt(() => this.#scan.page(position, Math.max(1, limit)));
  }

  now(): Promise<number> {
    return this.#attempt(() => this.#reads.time());
  }

  /** Redis frees what has expired by itself, so that none is deleted here; what is left of it in sets goes. */
  sweep(limit: number, now: number): Promise<number> {
    return this.#attempt(async () => {
      if (limit > 0) await this.#lists.sweep(now);
      return 0;
    });
  }

  /** An exception of a listener is dropped: the session has ended, whatever the listener does. */
  watch(listener: EndingListener, gap: () => void = () => {}): () => void {
    if (this.#closed) throw closed();
    return this.#endings.watch(listener, gap);
  }

  /** The app's client stays open. */
  close(): void {
    this.#closed = true;
    this.#endings.close();
    this.#renewals.close();
    this.#sender.close();
    this.#checks.close();
  }

  async #attempt<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw closed();
    this.#checks.assert();
    try {
      const answer = await work();
      this.#checks.answered();
      return answer;
    } catch (error) {
      throw failure(error);
    }
  }
}

const closed = (): CoatcheckError => new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "The store is closed." });
