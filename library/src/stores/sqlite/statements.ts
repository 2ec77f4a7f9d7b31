/** The SQL statements of the SQLite store, one for each operation. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ColumnName } from "../../core/row-columns.ts";
import { COLUMN_NAMES, columnOf, EMPTIED_COLUMNS, emptyOf, ROW_COLUMNS } from "../../core/row-columns.ts";
import { FILE_KEY } from "./file/own-log.ts";
import { COLUMNS, USUAL_COLUMNS } from "./rows.ts";

const ALL = COLUMNS.join(", ");
const PLACEHOLDERS = COLUMNS.map(() => "?").join(", ");
const assigned = (name: ColumnName): string => (name === "seen" ? "seen = max(seen, ?)" : `${columnOf(name)} = ?`);
const compared = (name: ColumnName): string => `${columnOf(name)} ${ROW_COLUMNS[name].nullable ? "IS" : "="} ?`;
/** All but the id, which comes first. */
const SET = COLUMN_NAMES.slice(1).map(assigned).join(", ");

/** The columns that a refresh, a lease and new data write. */
export const LIGHT_COLUMNS: readonly ColumnName[] = ["version", "seen", "tokenExpires", "lease", "body"];
const CHECKED_APART: readonly ColumnName[] = ["id", "renewAt", "ended", "reason", ...LIGHT_COLUMNS];
/** The columns that these leave as they are. Most are indexed, and each index would cost as much as the row itself. */
export const SAME_COLUMNS: readonly ColumnName[] = COLUMN_NAMES.filter((name) => !CHECKED_APART.includes(name));
const SAME = ["ended IS NULL", ...SAME_COLUMNS.map(compared)].join(" AND ");
const LIGHT = LIGHT_COLUMNS.map(assigned).join(", ");
const EMPTIED = EMPTIED_COLUMNS.map((name) => `${columnOf(name)} = ${emptyOf(name)}`).join(", ");
const END = `UPDATE sessions SET version = version + 1, ${EMPTIED}, ended = ?, reason = ? WHERE ended IS NULL AND`;

/**
 * SQLite prepares a statement again if another limit is bound, since its plan may change; not if the limit is a sum.
 */
const MOST = "? + 0";

/** Optimistic concurrency: each statement holds its condition and its write, so that processes need no transaction. */
export const STATEMENTS = {
  usual: `SELECT ${USUAL_COLUMNS} FROM sessions WHERE rowid = ? AND id = ?`,
  full: `SELECT ${ALL} FROM sessions WHERE id = ?`,
  insertAt: `INSERT INTO sessions (rowid, ${ALL}) VALUES (?, ${PLACEHOLDERS}) ON CONFLICT DO NOTHING`,
  insert: `INSERT INTO sessions (${ALL}) VALUES (${PLACEHOLDERS}) ON CONFLICT (id) DO NOTHING`,
  update: `UPDATE sessions SET ${SET} WHERE id = ? AND version = ? AND ended IS NULL`,
  updateLeased: `UPDATE sessions SET ${LIGHT} WHERE rowid = ? AND id = ? AND version = ? AND renew_at IS ? AND ${SAME}`,
  updateRefreshed: `UPDATE sessions SET ${LIGHT}, renew_at = ? WHERE rowid = ? AND id = ? AND version = ? AND ${SAME}`,
  touch: "UPDATE sessions SET seen = max(seen, ?) WHERE id = ? AND ended IS NULL",
  endId: `${END} id = ? RETURNING id`,
  endOwner: `${END} owner = ? AND id IS NOT ? RETURNING id`,
  endSid: `${END} issuer = ? AND sid = ? RETURNING id`,
  listOwner: `SELECT ${ALL} FROM sessions WHERE owner = ? AND ended IS NULL AND expires > ? ORDER BY created DESC LIMIT ${MOST}`,
  listSid: `SELECT ${ALL} FROM sessions WHERE issuer = ? AND sid = ? AND ended IS NULL AND expires > ? LIMIT ${MOST}`,
  listDue: `SELECT ${ALL} FROM sessions WHERE renew_at < ? AND ended IS NULL AND expires > ? ORDER BY renew_at LIMIT ${MOST}`,
  markFirst: `INSERT INTO marks (key, until, value) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET until = excluded.until, value = excluded.value WHERE marks.until <= ?`,
  markAgain: "UPDATE marks SET until = ?, value = ? WHERE key = ?",
  marked: "SELECT value FROM marks WHERE key = ? AND until > ?",
  dueAt: "SELECT expires FROM sessions WHERE expires < ? ORDER BY expires LIMIT 1 OFFSET ?",
  sweepPlaces: `DELETE FROM sessions WHERE rowid IN
    (SELECT rowid FROM sessions WHERE rowid >= ? AND rowid <= ? AND +expires < ? ORDER BY rowid LIMIT ${MOST})`,
  sweepRows: `DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires < ? ORDER BY expires LIMIT ${MOST})`,
  survey: `SELECT rowid, ended IS NULL AND expires > ?, ended IS NULL AND lease IS NULL AND seen < ? FROM sessions WHERE rowid > ? ORDER BY rowid LIMIT ${MOST}`,
  sweepIdle: "DELETE FROM sessions WHERE rowid > ? AND rowid <= ? AND ended IS NULL AND lease IS NULL AND seen < ?",
  sweepMarks: `DELETE FROM marks WHERE rowid IN (SELECT rowid FROM marks WHERE until < ? ORDER BY until LIMIT ${MOST})`,
  sweepEndings: `DELETE FROM endings WHERE number IN (SELECT number FROM endings WHERE number > 0 AND ended < ? ORDER BY number LIMIT ${MOST})`,
  // The number that was given last, also if its entry was swept. One table has such numbers, so its row is the first.
  newestEnding: "SELECT seq FROM sqlite_sequence WHERE rowid = 1",
  endingsAfter: `SELECT number, id, reason FROM endings WHERE number > ? ORDER BY number LIMIT ${MOST}`,
  scanRows: `SELECT ${ALL} FROM sessions WHERE id >= ? ORDER BY id LIMIT ${MOST}`,
  scanMarks: `SELECT key, until, value FROM marks WHERE key >= ? AND key <> '${FILE_KEY}' ORDER BY key LIMIT ${MOST}`,
  dataVersion: "PRAGMA data_version",
} as const;

export type Statements = { readonly [name in keyof typeof STATEMENTS]: StatementSync };

/** Prepares every statement once. Results are arrays if `node:sqlite` supports them: a third cheaper than objects. */
export function prepareAll(db: DatabaseSync): Statements {
  const prepare = (name: keyof typeof STATEMENTS): StatementSync => {
    const statement = db.prepare(STATEMENTS[name]);
    statement.setReturnArrays?.(true);
    return statement;
  };
  return {
    usual: prepare("usual"),
    full: prepare("full"),
    insertAt: prepare("insertAt"),
    insert: prepare("insert"),
    update: prepare("update"),
    updateLeased: prepare("updateLeased"),
    updateRefreshed: prepare("updateRefreshed"),
    touch: prepare("touch"),
    endId: prepare("endId"),
    endOwner: prepare("endOwner"),
    endSid: prepare("endSid"),
    listOwner: prepare("listOwner"),
    listSid: prepare("listSid"),
    listDue: prepare("listDue"),
    markFirst: prepare("markFirst"),
    markAgain: prepare("markAgain"),
    marked: prepare("marked"),
    dueAt: prepare("dueAt"),
    sweepPlaces: prepare("sweepPlaces"),
    sweepRows: prepare("sweepRows"),
    survey: prepare("survey"),
    sweepIdle: prepare("sweepIdle"),
    sweepMarks: prepare("sweepMarks"),
    sweepEndings: prepare("sweepEndings"),
    newestEnding: prepare("newestEnding"),
    endingsAfter: prepare("endingsAfter"),
    scanRows: prepare("scanRows"),
    scanMarks: prepare("scanMarks"),
    dataVersion: prepare("dataVersion"),
  };
}
