/** What the PostgreSQL store asks of a client: the part of `pg` that it uses, so that other clients can stand in. */

/** One value of a statement, or an array of them for PostgreSQL's own arrays. */
export type PostgresValue = string | number | null | readonly string[] | readonly number[];

/**
 * One statement. Without `values` it may hold several commands, which run in one transaction (the simple protocol).
 *
 * @example
 * ```ts
 * import type { PostgresQuery } from "coatcheck/postgres";
 * const query: PostgresQuery = { text: "SELECT $1::int8 AS n", values: [7], rowMode: "array" };
 * ```
 */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: PostgresValue[];
  /** The name of a prepared statement; absent where names do not work. Longest 63 bytes. */
  readonly name?: string;
  /** Rows are wanted as arrays of cells, in the order of the columns. */
  readonly rowMode: "array";
  /** How long the client may wait for the answer, in milliseconds. A client that cannot may ignore it. */
  readonly query_timeout?: number;
  /** Cells are wanted as PostgreSQL writes them: `pg` parses numbers otherwise. A client that cannot may ignore it. */
  readonly types?: { getTypeParser(): (text: string) => string };
}

/**
 * The answer to a statement. 64-bit integers may be a text, a number or a `bigint`.
 *
 * @example
 * ```ts
 * import type { PostgresResult } from "coatcheck/postgres";
 * const answer: PostgresResult = { rows: [["7"]], rowCount: 1 };
 * ```
 */
export interface PostgresResult {
  readonly rows: readonly (readonly unknown[])[];
  /** How many rows a statement that writes has changed; `null` where it changes none. */
  readonly rowCount: number | null;
}

/**
 * What a store is given: a `Pool` of `pg`, or a function of your own around another client.
 *
 * @example
 * ```ts
 * import postgresJs from "postgres";
 * import type { PostgresPool } from "coatcheck/postgres";
 *
 * const sql = postgresJs(process.env["DATABASE_URL"] ?? "");
 * const pool: PostgresPool = {
 *   async query({ text, values, name }) {
 *     if (values === undefined) return { rows: await sql.unsafe(text).simple().values(), rowCount: null };
 *     const rows = await sql.unsafe(text, values, { prepare: name !== undefined }).values();
 *     return { rows, rowCount: rows.count };
 *   },
 * };
 * ```
 */
export interface PostgresPool {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /**
   * Tells of connections that are lost while nobody uses them. The store listens, since without a listener Node ends
   * the process; yours may listen beside it.
   */
  on?(event: "error", listener: (error: Error) => void): unknown;
}

/**
 * A connection of its own, for `LISTEN`: a `Client` of `pg` that was not connected yet.
 *
 * @example
 * ```ts
 * import pg from "pg";
 * import type { PostgresListener } from "coatcheck/postgres";
 * const listen = (): PostgresListener => new pg.Client({ connectionString: process.env["DATABASE_DIRECT_URL"] });
 * ```
 */
export interface PostgresListener {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  on(event: "notification", listener: (message: { readonly payload?: string | undefined }) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  end(): Promise<void>;
}
