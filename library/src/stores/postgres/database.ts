/** Runs statements: by name where that works, within a time limit, again where the server undid them. */
import type { PostgresPool, PostgresQuery, PostgresResult, PostgresValue } from "./client.ts";
import { closed, explained, isNameless, isUndone } from "./failures.ts";
import { requireStorable } from "./rows.ts";
import type { Statement } from "./statements.ts";
import { within } from "./within.ts";

/** What {@link Database} needs. */
interface DatabaseOptions {
  readonly pool: PostgresPool;
  readonly queryTimeout: number;
  readonly onWarning: (message: string) => void;
}

/** How often a statement that the server undid is run again. */
const MOST_AGAIN = 3;

/** As PostgreSQL writes them. Per statement, since `pg.types.setTypeParser` is for all of the process. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

/** Runs one statement, once. Errors are those of the client, or `ERR_STORE_UNAVAILABLE` for its silence. */
export type Attempt = (query: PostgresQuery) => Promise<PostgresResult>;

/** Pools with a listener of ours: one is enough, however many stores they have. */
const heard = new WeakSet<PostgresPool>();

/**
 * A connection that is lost while nobody uses it is no loss: the pool drops it, and the next call tells of an outage.
 * An `error` event to which nobody listens would end the process.
 */
function outlive(pool: PostgresPool): void {
  if (heard.has(pool)) return;
  heard.add(pool);
  pool.on?.("error", () => undefined);
}

/** One pool, and what was learned about it. */
export class Database {
  readonly #options: DatabaseOptions;
  readonly #prepare: (attempt: Attempt) => Promise<void>;
  #prepared: Promise<void> | undefined;
  #ready = false;
  #named = true;
  #closed = false;

  /** @param prepare is run before the first statement, and again if it failed */
  constructor(options: DatabaseOptions, prepare: (attempt: Attempt) => Promise<void>) {
    this.#options = options;
    this.#prepare = prepare;
    outlive(options.pool);
  }

  /** Throws `ERR_STORE_UNAVAILABLE` or `ERR_STORE_INVALID`. */
  async run({ name, text }: Statement, values: PostgresValue[]): Promise<PostgresResult> {
    if (this.#closed) throw closed();
    for (const value of values) if (typeof value === "string") requireStorable(value);
    if (!this.#ready) await this.ready();
    for (let again = 0; ; again++) {
      const named = this.#named;
      try {
        return await this.#attempt(named ? { name, text, values, rowMode: "array" } : { text, values, rowMode: "array" });
      } catch (error) {
        // Both kinds say that nothing was done.
        if (named && isNameless(error)) this.#goNameless();
        else if (!isUndone(error) || again === MOST_AGAIN) throw explained(error);
      }
    }
  }

  /** Resolves when the database was prepared. A failure is tried again by the next call. */
  ready(): Promise<void> {
    this.#prepared ??= this.#prepare((query) => this.#attempt(query)).then(
      () => {
        this.#ready = true;
      },
      (error: unknown) => {
        this.#prepared = undefined;
        throw explained(error);
      },
    );
    return this.#prepared;
  }

  /** Runs one statement, whenever it is answered, past all that {@link run} does. */
  unhurried(text: string): Promise<PostgresResult> {
    return this.#options.pool.query({ text, rowMode: "array", types: AS_TEXT });
  }

  close(): void {
    this.#closed = true;
  }

  #attempt(query: PostgresQuery): Promise<PostgresResult> {
    const { pool, queryTimeout } = this.#options;
    return within(queryTimeout, pool.query({ ...query, types: AS_TEXT, query_timeout: queryTimeout }));
  }

  #goNameless(): void {
    if (!this.#named) return;
    this.#named = false;
    this.#options.onWarning(
      "The pooler before PostgreSQL does not keep prepared statements, so each is planned anew, at about half the rate. PgBouncer 1.21 and later keeps them with max_prepared_statements = 200.",
    );
  }
}
