/** `coatcheck/postgres`: sessions in PostgreSQL, shared by any number of machines. */
import type {
  EndReason,
  EndTarget,
  ListQuery,
  PutCondition,
  ScanPage,
  SessionRow,
  SessionStore,
  StoreCapabilities,
  Survey,
} from "../contracts.ts";
import { BoundedRows } from "../core/rows/bounded-rows.ts";
import { keepRows } from "../core/rows/keep-rows.ts";
import type { PostgresResult, PostgresValue } from "./postgres/client.ts";
import { Database } from "./postgres/database.ts";
import { type EndingListener, Endings } from "./postgres/endings.ts";
import { closed } from "./postgres/failures.ts";
import { Gets } from "./postgres/gets.ts";
import { type Index, IndexBuilder, lackingWords, usableIndexes } from "./postgres/indexes.ts";
import { type CheckedOptions, type PostgresOptions, postgresOptions } from "./postgres/options.ts";
import { runAlone } from "./postgres/own-connection.ts";
import { cellsOf, integerOf, rowOf, textOf } from "./postgres/rows.ts";
import { scanned } from "./postgres/scan.ts";
import { prepare } from "./postgres/schema.ts";
import { channelOf, type Statements, statementsOf } from "./postgres/statements.ts";
import { Touches } from "./postgres/touches.ts";

export type { CacheOptions } from "../core/rows/bounded-rows.ts";
export type { PostgresListener, PostgresPool, PostgresQuery, PostgresResult, PostgresValue } from "./postgres/client.ts";
export type { PostgresOptions } from "./postgres/options.ts";
export { postgresSchema } from "./postgres/schema.ts";

/**
 * Keeps sessions in PostgreSQL 14 or later, through a `Pool` of `pg` that is yours, for any number of processes on any
 * number of machines. Creates its tables in a schema of their own, at its start or with the first call that reaches the
 * server.
 *
 * @throws TypeError for options that mean nothing.
 * @throws CoatcheckError from calls: `ERR_STORE_UNAVAILABLE` if PostgreSQL did not answer, `ERR_STORE_INVALID` if it
 * cannot be used: older than 14, not in UTF8, tables of a newer release, or a right that is missing.
 * @example
 * ```ts
 * import pg from "pg";
 * import { postgres } from "coatcheck/postgres";
 *
 * const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"] });
 * const auth = coatcheck({ store: postgres({ pool, listen: () => new pg.Client(pool.options) }), … });
 * ```
 */
export function postgres(options: PostgresOptions): SessionStore {
  const checked = postgresOptions(options);
  const rows = checked.cache && new BoundedRows(checked.cache, () => performance.now());
  const store = new PostgresStore(checked);
  return rows === undefined ? store : keepRows(store, rows);
}

class PostgresStore implements SessionStore {
  readonly name = "postgres";
  readonly capabilities: StoreCapabilities;
  /** Exists if there is a connection to listen on. */
  readonly watch?: (listener: EndingListener, gap?: () => void) => () => void;
  readonly #database: Database;
  readonly #sql: Statements;
  readonly #gets: Gets;
  readonly #touches: Touches;
  readonly #endings: Endings | undefined;
  readonly #indexes: IndexBuilder;
  #closed = false;

  constructor(options: CheckedOptions) {
    const { schema, notify, listen, queryTimeout: timeout } = options;
    const endings = listen === undefined ? undefined : new Endings({ listen, channel: channelOf(schema), timeout });
    if (endings !== undefined) this.watch = (listener, gap) => this.#watch(endings, listener, gap);
    this.capabilities = Object.freeze({ shared: true, durable: true, watch: endings !== undefined });
    this.#endings = endings;
    const listening = endings?.open();
    this.#sql = statementsOf(schema, notify);
    this.#database = new Database(options, async (attempt) => {
      // Ready when it hears as well, or has tried to: what ends after the first answer is told.
      const [lacking] = await Promise.all([prepare(attempt, options), listening]);
      this.#complete(options, lacking);
    });
    this.#indexes = builderOf(this.#database, options);
    this.#gets = new Gets(this.#database, this.#sql);
    this.#touches = new Touches(this.#database, this.#sql);
    // At once, so that the first request does not wait for it. Whoever calls hears of failures.
    this.#database.ready().catch(() => undefined);
  }

  get(id: string): Promise<SessionRow | undefined> {
    return this.#gets.get(id);
  }

  getMany(ids: readonly string[]): Promise<readonly (SessionRow | undefined)[]> {
    return Promise.all(ids.map((id) => this.#gets.get(id)));
  }

  async put(row: SessionRow, condition: PutCondition): Promise<boolean> {
    const cells = cellsOf(row);
    const sql = this.#sql;
    if (condition === "absent") return this.#changes(await this.#database.run(sql.insert, cells));
    // An ending without a reason is none to tell of.
    const update = row.ended === null || row.reason === null ? sql.update : sql.updateEnding;
    return this.#changes(await this.#database.run(update, [...cells, condition]));
  }

  async touch(id: string, seen: number): Promise<boolean> {
    if (this.#closed) throw closed();
    return this.#touches.touch(id, seen);
  }

  async end(target: EndTarget, reason: EndReason, now: number): Promise<readonly string[]> {
    const { rows } = await this.#endAll(target, [now, reason]);
    return rows.map(([id]) => textOf(id));
  }

  async list(query: ListQuery, limit: number, now: number): Promise<readonly SessionRow[]> {
    const { rows } = await this.#listed(query, [now, bounded(limit)]);
    return rows.map((cells) => rowOf(cells));
  }

  async mark(key: string, until: number, now: number, value = ""): Promise<boolean> {
    const { rows } = await this.#database.run(this.#sql.mark, [key, until, value, now]);
    return integerOf(rows[0]?.[0]) === 1;
  }

  async marked(key: string, now: number): Promise<string | undefined> {
    const { rows } = await this.#database.run(this.#sql.marked, [key, now]);
    return rows[0] === undefined ? undefined : textOf(rows[0][0]);
  }

  async now(): Promise<number> {
    const { rows } = await this.#database.run(this.#sql.now, []);
    return integerOf(rows[0]?.[0]);
  }

  async sweep(limit: number, now: number): Promise<number> {
    const { rows } = await this.#database.run(this.#sql.sweep, [now, bounded(limit)]);
    return integerOf(rows[0]?.[0]);
  }

  async survey(from: number, limit: number, now: number, seenBefore: number): Promise<Survey> {
    const most = Math.max(1, bounded(limit));
    const { rows } = await this.#database.run(this.#sql.survey, [from, most, now, seenBefore]);
    const [deleted, live, dead, last, found] = rows[0] ?? [];
    const next = last === null || integerOf(found) < most ? null : integerOf(last);
    return { deleted: integerOf(deleted), live: integerOf(live), dead: integerOf(dead), next };
  }

  scan(position: string | null, limit: number): Promise<ScanPage> {
    return scanned(this.#database, this.#sql, position, Math.max(1, bounded(limit)));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#indexes.close();
    await this.#touches.flush();
    this.#database.close();
    await this.#endings?.close();
  }

  /** Beside all that is asked for: without an index the store is slow, and with a pool of one it would stand still. */
  #complete({ migrate, schema, onWarning }: CheckedOptions, [index]: readonly Index[]): void {
    if (index === undefined) return;
    if (migrate) void this.#indexes.build();
    else onWarning(lackingWords(schema, index, "migrate is false"));
  }

  #watch(endings: Endings, listener: EndingListener, gap: (() => void) | undefined): () => void {
    if (this.#closed) throw closed();
    return endings.watch(listener, gap);
  }

  #changes({ rowCount }: PostgresResult): boolean {
    return rowCount === 1;
  }

  #endAll(target: EndTarget, ending: readonly PostgresValue[]): Promise<PostgresResult> {
    const sql = this.#sql;
    if ("id" in target) return this.#database.run(sql.endId, [...ending, target.id]);
    if ("owner" in target) return this.#database.run(sql.endOwner, [...ending, target.owner, target.except ?? null]);
    return this.#database.run(sql.endSid, [...ending, target.issuer, target.sid]);
  }

  #listed(query: ListQuery, most: readonly PostgresValue[]): Promise<PostgresResult> {
    const sql = this.#sql;
    if ("owner" in query) return this.#database.run(sql.listOwner, [...most, query.owner]);
    if ("sid" in query) return this.#database.run(sql.listSid, [...most, query.issuer, query.sid]);
    return this.#database.run(sql.listDue, [...most, query.renewBefore]);
  }
}

/** PostgreSQL refuses a negative limit. */
const bounded = (limit: number): number => Math.max(0, Math.min(Math.floor(limit), 1_000_000_000));

/** Past the pool where there is a way, so that it keeps all its connections. */
function builderOf(database: Database, { schema, listen, queryTimeout, onWarning }: CheckedOptions): IndexBuilder {
  return new IndexBuilder({
    schema,
    onWarning,
    usable: async () => (await database.unhurried(usableIndexes(schema))).rows[0]?.[0],
    run: (text) => (listen === undefined ? database.unhurried(text) : runAlone(listen, text, queryTimeout)),
  });
}
