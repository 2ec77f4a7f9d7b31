/** Reads of many rows: lists, and pages of all that the file holds. */
import type { ListQuery, Marker, ScanPage } from "../../contracts.ts";
import { markerPage, rowPage, scanPosition } from "../../core/scan/scan-position.ts";
import { cellsIn, integer, rowOf, text } from "./rows.ts";
import type { Statements } from "./statements.ts";

export function listed(sql: Statements, query: ListQuery, now: number, most: number): readonly object[] {
  if ("owner" in query) return sql.listOwner.all(query.owner, now, most);
  if ("sid" in query) return sql.listSid.all(query.issuer, query.sid, now, most);
  return sql.listDue.all(query.renewBefore, now, most);
}

/** About as many rows by their ids, or markers by their keys. */
export function scanned(sql: Statements, position: string | null, limit: number): ScanPage {
  const { table, from } = scanPosition(position);
  if (table === "rows") {
    const rows = sql.scanRows.all(from, limit).map((result) => rowOf(cellsIn(result)));
    return rowPage(rows, limit);
  }
  return markerPage(sql.scanMarks.all(from, limit).map(markerOf), limit);
}

function markerOf(result: object): Marker {
  const [key, until, value] = cellsIn(result);
  return { key: text(key), until: integer(until), value: text(value) };
}
