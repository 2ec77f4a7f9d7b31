/** Rows in the places that their ids say: read, written and swept there, and found by an index where they lie elsewhere. */
import type { StatementSync } from "node:sqlite";
import type { SessionRow } from "../../contracts.ts";
import { lastPlaceOfEnd, placeOf, placeOfEnd } from "./place.ts";
import type { Cell } from "./rows.ts";
import { cellsIn, cellsOf, integer, rowOf, usualRow } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** So few rows are quicker deleted than looked for. */
const FEW = 16;

export function readRow(sql: Statements, id: string): SessionRow | undefined {
  const result = sql.usual.get(placeOf(id), id);
  const row = result === undefined ? undefined : usualRow(id, cellsIn(result));
  if (row !== undefined) return row;
  // In another place, or not a usual one, or not there.
  const full = sql.full.get(id);
  return full === undefined ? undefined : rowOf(cellsIn(full));
}

/** In its place, unless that is taken: by the row of this id, which then stays, or by that of another. */
export function insertRow(sql: Statements, row: SessionRow): Written {
  return { changes: inserted(sql, row).changes, pages: Math.ceil(row.body.length / PAGE) + INDEX_PAGES };
}

function inserted(sql: Statements, row: SessionRow): Ran {
  const place = placeOf(row.id);
  const cells = cellsOf(row);
  const inPlace = place === 0 ? undefined : sql.insertAt.run(place, ...cells);
  return inPlace?.changes === 1 ? inPlace : sql.insert.run(...cells);
}

/** What a write did: whether there was such a row, and how many pages it added to the log at most. */
export interface Written {
  readonly changes: number | bigint;
  readonly pages: number;
}

/** Pages of the indexes that a write to one row changes if it may change anything; also what one adds to the log that empties a row. */
export const INDEX_PAGES = 4;
const PAGE = 4_096;

/**
 * Writes a live row over that of this version. SQLite rewrites the entry in every index of which a statement names a column, whether it is
 * another or not: what is written for each renewal, twice, names as few as it can, and asks whether the rest is what is stored.
 */
export function updateRow(sql: Statements, row: SessionRow, version: number): Written {
  const place = placeOf(row.id);
  const own = Math.ceil(row.body.length / PAGE) + 1;
  if (place !== 0 && row.ended === null && row.reason === null) {
    const light = row.lease === null ? renewed(sql, row, version, place) : leased(sql, row, version, place);
    if (light.changes === 1) return { changes: 1, pages: own + (row.lease === null ? 1 : 0) };
  }
  return { changes: sql.update.run(...cellsOf(row).slice(1), row.id, version).changes, pages: own + INDEX_PAGES };
}

type Ran = ReturnType<StatementSync["run"]>;

const leased = (sql: Statements, row: SessionRow, version: number, place: number): Ran =>
  sql.updateLeased.run(...lightCells(row), place, row.id, version, row.renewAt, ...sameCells(row));

const renewed = (sql: Statements, row: SessionRow, version: number, place: number): Ran =>
  sql.updateRenewed.run(...lightCells(row), row.renewAt, place, row.id, version, ...sameCells(row));

/** Values for `LIGHT_COLUMNS`. */
export const lightCells = (row: SessionRow): readonly Cell[] => [row.version, row.seen, row.tokenExpires, row.lease, row.body];

/** Values for `SAME_COLUMNS`. */
export const sameCells = (row: SessionRow): readonly Cell[] => [
  ...[row.secretHash, row.previousHash, row.previousUntil, row.kind],
  ...[row.owner, row.issuer, row.sid, row.created, row.expires],
];

/**
 * Deletes rows that expire before `now`, those first that expired first. Of many it takes those that end within the same minute in the order in
 * which they lie: a page that holds several is so written once, not once for each of them.
 */
export function sweepRows(sql: Statements, limit: number, now: number): number {
  const inPlace = limit < FEW ? 0 : sweepInPlace(sql, limit, now);
  return inPlace === limit ? inPlace : inPlace + Number(sql.sweepRows.run(now, limit - inPlace).changes);
}

/** Where at least `limit` rows are due: those of them that lie where the first ones do. */
function sweepInPlace(sql: Statements, limit: number, now: number): number {
  const last = sql.dueAt.get(now, limit - 1);
  const first = last === undefined ? undefined : sql.dueAt.get(now, 0);
  if (last === undefined || first === undefined) return 0;
  const from = placeOfEnd(integer(cellsIn(first)[0]));
  const to = lastPlaceOfEnd(integer(cellsIn(last)[0]));
  return Number(sql.sweepPlaces.run(from, to, now, limit).changes);
}
