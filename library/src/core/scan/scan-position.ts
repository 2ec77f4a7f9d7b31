/** Positions of a scan through a database that sorts by bytes: rows by their ids, then markers by their keys. */
import type { Marker, ScanPage, SessionRow } from "../../contracts.ts";

/** Which table a page is read from, and the smallest id or key that is in it. */
interface ScanPosition {
  readonly table: "rows" | "markers";
  readonly from: string;
}

const MARKERS = "m";
const ROWS = "r";

/** The smallest text behind this one: texts hold no NUL. */
const after = (text: string): string => `${text}\u0001`;

/** Where a scan goes on; `null`: where it begins. */
export function scanPosition(position: string | null): ScanPosition {
  return { table: position?.startsWith(MARKERS) === true ? "markers" : "rows", from: position?.slice(1) ?? "" };
}

/** A page of rows, sorted by id, of at most `limit`. Markers follow the last one. */
export function rowPage(rows: readonly SessionRow[], limit: number): ScanPage {
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { rows, markers: [], next: last === undefined ? MARKERS : ROWS + after(last.id) };
}

/** A page of markers, sorted by key, of at most `limit`. */
export function markerPage(markers: readonly Marker[], limit: number): ScanPage {
  const last = markers.length < limit ? undefined : markers.at(-1);
  return { rows: [], markers, next: last === undefined ? null : MARKERS + after(last.key) };
}
