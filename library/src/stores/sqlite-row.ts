/** Rows in the places that their ids say: read, written and swept there, and found by an index where they lie elsewhere. */
import type { StatementSync } from "node:sqlite";
import type { SessionRow } from "../contracts.ts";
import { lastPlaceOfEnd, placeOf, placeOfEnd } from "./sqlite-place.ts";
import { cellsIn, cellsOf, integer, rowOf, usualRow } from "./sqlite-rows.ts";
import type { Statements } from "./sqlite-statements.ts";

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
export function insertRow(sql: Statements, row: SessionRow): ReturnType<StatementSync["run"]> {
  const place = placeOf(row.id);
  const cells = cellsOf(row);
  const inPlace = place === 0 ? undefined : sql.insertAt.run(place, ...cells);
  return inPlace?.changes === 1 ? inPlace : sql.insert.run(...cells);
}

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
