/** The SQL of the PostgreSQL store: each statement holds its condition and its write; none needs a transaction. */
import { createHash } from "node:crypto";
import type { ColumnName } from "../../core/row-columns.ts";
import { COLUMN_NAMES, columnOf, EMPTIED_COLUMNS, emptyOf } from "../../core/row-columns.ts";
import { COLUMNS } from "./rows.ts";

/** One statement, and the name under which connections keep it prepared. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** The statements by what they are for. */
export type Statements = { readonly [name in keyof ReturnType<typeof textsOf>]: Statement };

/** The channel on which endings are told. A channel has at most 63 bytes. */
export const channelOf = (schema: string): string => `coatcheck_ended_${schema}`;

/** The number of an advisory lock of this schema, as SQL. Others of the database would not hit it by chance. */
export function lockOf(schema: string, purpose: "migrate" | "sweep"): string {
  return `${createHash("sha256").update(`coatcheck ${purpose} ${schema}`).digest().readBigInt64BE()}`;
}

const ALL = COLUMNS.join(", ");
const PARAMETERS = COLUMNS.map((_, index) => `$${index + 1}`).join(", ");
const assigned = (name: ColumnName, index: number): string =>
  name === "seen" ? `seen = greatest(x.seen, $${index + 1})` : `${columnOf(name)} = $${index + 1}`;
const SET = COLUMN_NAMES.map(assigned).slice(1).join(", ");
const EMPTIED = EMPTIED_COLUMNS.map((name) => `${columnOf(name)} = ${emptyOf(name)}`).join(", ");
const VERSION = `$${COLUMNS.length + 1}`;

/** Tells texts of one name apart: another schema, without `NOTIFY`, or another release on the same connection. */
const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** The statements for one schema. */
export function statementsOf(schema: string, notify: boolean): Statements {
  const texts = textsOf(schema, notify);
  const named = (name: keyof typeof texts): Statement => ({
    name: `coatcheck_${name}_${digestOf(texts[name])}`,
    text: texts[name],
  });
  return {
    get: named("get"),
    getAll: named("getAll"),
    insert: named("insert"),
    update: named("update"),
    updateEnding: named("updateEnding"),
    touch: named("touch"),
    touchAll: named("touchAll"),
    endId: named("endId"),
    endOwner: named("endOwner"),
    endSid: named("endSid"),
    listOwner: named("listOwner"),
    listSid: named("listSid"),
    listDue: named("listDue"),
    mark: named("mark"),
    marked: named("marked"),
    now: named("now"),
    sweep: named("sweep"),
    survey: named("survey"),
    scanRows: named("scanRows"),
    scanMarks: named("scanMarks"),
  };
}

/**
 * Optimistic concurrency: after it waited for the lock of a row PostgreSQL checks `WHERE` again on the row as it then
 * is, which is the compare-and-swap. What writes several rows locks them in the order of their ids first, since two
 * that lock the same rows in different orders stop each other. The array makes sure that all are locked before one is
 * written, and that a plan uses the index.
 */
function textsOf(schema: string, notify: boolean) {
  const sessions = `"${schema}".sessions`;
  const marks = `"${schema}".marks`;
  const live = `SELECT ${ALL} FROM ${sessions} WHERE ended IS NULL AND expires >`;
  const told = notify ? `pg_notify('${channelOf(schema)}', concat(id, ' ', reason))` : "NULL";
  const update = `UPDATE ${sessions} AS x SET ${SET} WHERE id = $1 AND version = ${VERSION} AND ended IS NULL`;
  const ids = (condition: string, lock: string): string =>
    `ARRAY (SELECT id FROM ${sessions} WHERE ${condition} ORDER BY id FOR ${lock})`;
  const end = (condition: string): string => `
    WITH gone AS (UPDATE ${sessions} AS x SET version = version + 1, ${EMPTIED}, ended = $1, reason = $2
      WHERE id = ANY (${ids(`ended IS NULL AND ${condition}`, "NO KEY UPDATE")}) RETURNING id, reason)
    SELECT id, ${told} FROM gone`;
  return {
    get: `SELECT ${ALL} FROM ${sessions} WHERE id = $1`,
    getAll: `SELECT ${ALL} FROM ${sessions} WHERE id = ANY ($1::text[])`,
    insert: `INSERT INTO ${sessions} (${ALL}) VALUES (${PARAMETERS}) ON CONFLICT (id) DO NOTHING`,
    update,
    updateEnding: `WITH gone AS (${update} RETURNING id, reason) SELECT id, ${told} FROM gone`,
    touch: `UPDATE ${sessions} AS x SET seen = greatest(x.seen, $2) WHERE id = $1 AND ended IS NULL RETURNING id`,
    touchAll: `UPDATE ${sessions} AS x SET seen = greatest(x.seen, t.seen)
      FROM unnest($1::text[], $2::bigint[]) AS t (id, seen)
      WHERE x.id = t.id AND x.id = ANY (${ids("id = ANY ($1::text[]) AND ended IS NULL", "NO KEY UPDATE")}) RETURNING x.id`,
    endId: end("id = $3"),
    endOwner: end("owner = $3 AND ($4::text IS NULL OR id <> $4)"),
    endSid: end("issuer = $3 AND sid = $4"),
    listOwner: `${live} $1 AND owner = $3 ORDER BY created DESC LIMIT $2`,
    listSid: `${live} $1 AND issuer = $3 AND sid = $4 LIMIT $2`,
    listDue: `${live} $1 AND renew_at < $3 ORDER BY renew_at LIMIT $2`,
    // One statement decides who is first, and says so in the row that it leaves.
    mark: `INSERT INTO ${marks} AS x (key, until, value, fresh) VALUES ($1, $2, $3, true)
      ON CONFLICT (key) DO UPDATE SET until = excluded.until, value = excluded.value, fresh = x.until <= $4
      RETURNING fresh::int`,
    now: "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    marked: `SELECT value FROM ${marks} WHERE key = $1 AND until > $2`,
    // The lock ends with the statement: whoever has it sweeps, the others do nothing meanwhile.
    sweep: `WITH one AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${lockOf(schema, "sweep")}) AS mine),
      gone AS (DELETE FROM ${sessions} WHERE id = ANY (ARRAY (SELECT id FROM ${sessions}
        WHERE expires < $1 AND (SELECT mine FROM one) ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1),
      counted AS (SELECT count(*) AS n FROM gone),
      old AS (DELETE FROM ${marks} WHERE key = ANY (ARRAY (SELECT key FROM ${marks}
        WHERE until < $1 AND (SELECT mine FROM one) ORDER BY until
        LIMIT (SELECT greatest($2 - n, 0) FROM counted) FOR UPDATE SKIP LOCKED)) RETURNING 1)
      SELECT (SELECT n FROM counted) + (SELECT count(*) FROM old)`,
    // In the order of their end, which is a position that no sweep moves. Rows of one end are taken together.
    survey: `WITH part AS MATERIALIZED (SELECT max(expires) AS last, count(*) AS n
        FROM (SELECT expires FROM ${sessions} WHERE expires > $1 ORDER BY expires LIMIT $2) AS first),
      idle AS (DELETE FROM ${sessions} WHERE id = ANY (ARRAY (SELECT id FROM ${sessions}
        WHERE expires > $1 AND expires <= (SELECT last FROM part) AND ended IS NULL AND lease IS NULL AND seen < $4
        ORDER BY id FOR UPDATE SKIP LOCKED)) RETURNING id),
      stays AS (SELECT ended IS NULL AND expires > $3 AS live FROM ${sessions}
        WHERE expires > $1 AND expires <= (SELECT last FROM part) AND id NOT IN (SELECT id FROM idle))
      SELECT (SELECT count(*) FROM idle), count(*) FILTER (WHERE live), count(*) FILTER (WHERE NOT live),
        (SELECT last FROM part), (SELECT n FROM part) FROM stays`,
    scanRows: `SELECT ${ALL} FROM ${sessions} WHERE id >= $1 ORDER BY id LIMIT $2`,
    scanMarks: `SELECT key, until, value FROM ${marks} WHERE key >= $1 ORDER BY key LIMIT $2`,
  };
}
