/** Pages of all that the tables hold, by the keys of the tables. */
import type { Marker, ScanPage } from "../../contracts.ts";
import { markerPage, rowPage, scanPosition } from "../../core/scan/scan-position.ts";
import type { Database } from "./database.ts";
import { integerOf, rowOf, textOf } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** About as many rows by their ids, or markers by their keys. */
export async function scanned(database: Database, sql: Statements, position: string | null, limit: number): Promise<ScanPage> {
  const { table, from } = scanPosition(position);
  const { rows } = await database.run(table === "rows" ? sql.scanRows : sql.scanMarks, [from, limit]);
  return table === "rows" ? rowPage(rows.map(rowOf), limit) : markerPage(rows.map(markerOf), limit);
}

const markerOf = ([key, until, value]: readonly unknown[]): Marker => ({
  key: textOf(key),
  until: integerOf(until),
  value: textOf(value),
});
