/** One row, by its id: read and written in its place, and found by the index where it lies in another. */
import type { StatementSync } from "node:sqlite";
import type { SessionRow } from "../contracts.ts";
import { placeOf } from "./sqlite-place.ts";
import { cellsIn, cellsOf, rowOf, usualRow } from "./sqlite-rows.ts";
import type { Statements } from "./sqlite-statements.ts";

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
