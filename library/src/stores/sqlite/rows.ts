/** Converts rows of the store to values of the table's columns, and back. */
import type { EndReason, RecordKind, SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { ColumnName } from "../../core/row-columns.ts";
import { COLUMN_NAMES, columnOf, emptyOf, isEndReason, ROW_COLUMNS } from "../../core/row-columns.ts";

export type Cell = string | number | null;

/** The columns in their order; the id is the first. */
export const COLUMNS: readonly string[] = COLUMN_NAMES.map(columnOf);

/** Values for {@link COLUMNS}. Spelled out, as in the next functions: a loop over the names costs each request more. */
export function cellsOf(row: SessionRow): Cell[] {
  return [
    row.id,
    row.secretHash,
    row.previousHash,
    row.previousUntil,
    row.version,
    row.kind,
    row.owner,
    row.issuer,
    row.sid,
    row.created,
    row.seen,
    row.expires,
    row.renewAt,
    row.tokenExpires,
    row.lease,
    row.ended,
    row.reason,
    row.body,
  ];
}

/** The row of {@link COLUMNS}. */
export function rowOf(cells: readonly unknown[]): SessionRow {
  return Object.freeze({
    id: text(cells[0]),
    secretHash: text(cells[1]),
    previousHash: textOrNull(cells[2]),
    previousUntil: integer(cells[3]),
    version: integer(cells[4]),
    kind: kind(cells[5]),
    owner: textOrNull(cells[6]),
    issuer: textOrNull(cells[7]),
    sid: textOrNull(cells[8]),
    created: integer(cells[9]),
    seen: integer(cells[10]),
    expires: integer(cells[11]),
    renewAt: integerOrNull(cells[12]),
    tokenExpires: integerOrNull(cells[13]),
    lease: textOrNull(cells[14]),
    ended: integerOrNull(cells[15]),
    reason: reasonOrNull(cells[16]),
    body: text(cells[17]),
  });
}

const isRare = (name: ColumnName): boolean => ROW_COLUMNS[name].rare === true;
const isEmpty = (name: ColumnName): string => `${columnOf(name)} ${ROW_COLUMNS[name].nullable ? "IS" : "="} ${emptyOf(name)}`;

/**
 * What {@link usualRow} reads. Each column costs a tenth of a microsecond, so the columns that are empty in nearly
 * every row are summed up in `shape`: 0 is a browser's row, 1 a token's, and 2 a row that has one of them and is read
 * in full.
 */
export const USUAL_NAMES = COLUMN_NAMES.filter((name) => name !== "id" && name !== "kind" && !isRare(name));
export const USUAL_COLUMNS = `
  CASE WHEN ${COLUMN_NAMES.filter(isRare).map(isEmpty).join(" AND ")}
    THEN kind = 'token' ELSE 2 END AS shape,
  ${USUAL_NAMES.map(columnOf).join(", ")}`;

/** The row of {@link USUAL_COLUMNS}, or `undefined` if it must be read in full. */
export function usualRow(id: string, cells: readonly unknown[]): SessionRow | undefined {
  const shape = cells[0];
  if (shape === 2) return undefined;
  return Object.freeze({
    id,
    secretHash: text(cells[1]),
    previousHash: null,
    previousUntil: 0,
    version: integer(cells[2]),
    kind: shape === 1 ? "token" : "browser",
    owner: textOrNull(cells[3]),
    issuer: textOrNull(cells[4]),
    sid: textOrNull(cells[5]),
    created: integer(cells[6]),
    seen: integer(cells[7]),
    expires: integer(cells[8]),
    renewAt: integerOrNull(cells[9]),
    tokenExpires: integerOrNull(cells[10]),
    lease: null,
    ended: null,
    reason: null,
    body: text(cells[11]),
  });
}

/** The values of a result row, which is an array or an object depending on the version of `node:sqlite`. */
export const cellsIn = (result: object): readonly unknown[] => (Array.isArray(result) ? result : Object.values(result));

export function text(cell: unknown): string {
  if (typeof cell === "string") return cell;
  throw unreadable();
}

export function integer(cell: unknown): number {
  if (typeof cell === "number") return cell;
  throw unreadable();
}

const textOrNull = (cell: unknown): string | null => (cell === null ? null : text(cell));
const integerOrNull = (cell: unknown): number | null => (cell === null ? null : integer(cell));

function kind(cell: unknown): RecordKind {
  if (cell === "browser" || cell === "token") return cell;
  throw unreadable();
}

function reasonOrNull(cell: unknown): EndReason | null {
  if (cell === null) return null;
  const reason = text(cell);
  if (isEndReason(reason)) return reason;
  throw unreadable();
}

const unreadable = (): CoatcheckError => new CoatcheckError("ERR_RECORD_FORMAT");
