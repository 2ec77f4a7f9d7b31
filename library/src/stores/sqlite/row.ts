/** Reads, writes and sweeps rows by the rowid that their id encodes, with the index as the fallback. */
import type { StatementSync } from "node:sqlite";
import type { SessionRow } from "../../contracts.ts";
import { lastPlaceOfEnd, placeOf, placeOfEnd } from "./place.ts";
import type { Cell } from "./rows.ts";
import { cellsIn, cellsOf, integer, rowOf, usualRow } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Below this limit a sweep by the index alone is faster. */
const FEW = 16;

export function readRow(sql: Statements, id: string): SessionRow | undefined {
  const result = sql.usual.get(placeOf(id), id);
  const row = result === undefined ? undefined : usualRow(id, cellsIn(result));
  if (row !== undefined) return row;
  // The row has another rowid, or it has rare columns, or there is none.
  const full = sql.full.get(id);
  return full === undefined ? undefined : rowOf(cellsIn(full));
}

/** Inserts at the id's rowid; if that is taken by another id's row, at a rowid of SQLite's. A row of this id stays. */
export function insertRow(sql: Statements, row: SessionRow): Written {
  return { changes: inserted(sql, row).changes, pages: Math.ceil(row.body.length / PAGE) + INDEX_PAGES };
}

function inserted(sql: Statements, row: SessionRow): StatementResult {
  const place = placeOf(row.id);
  const cells = cellsOf(row);
  const inPlace = place === 0 ? undefined : sql.insertAt.run(place, ...cells);
  return inPlace?.changes === 1 ? inPlace : sql.insert.run(...cells);
}

/**
 * The result of a write: how many rows changed, and about how many pages it added to the log. The index by `renew_at`,
 * which few files have, is not counted: a refresh then adds twice as many.
 */
export interface Written {
  readonly changes: number | bigint;
  readonly pages: number;
}

/** Index pages that an update of every column changes; also the pages that emptying a row adds to the log. */
export const INDEX_PAGES = 4;
const PAGE = 4_096;
/** What a row has beside its body, and a page beside its rows, in bytes. */
const BESIDE_BODY = 400;

/**
 * Optimistic concurrency: replaces a live row only if the stored one has this version. SQLite rewrites an index entry
 * whenever a statement names one of its columns, changed or not. So the two writes of each refresh name as few columns
 * as possible, and compare the others with what is stored.
 */
export function updateRow(sql: Statements, row: SessionRow, version: number): Written {
  const place = placeOf(row.id);
  const own = pagesOf(row);
  if (place !== 0 && row.ended === null && row.reason === null) {
    const light = row.lease === null ? refreshed(sql, row, version, place) : leased(sql, row, version, place);
    if (light.changes === 1) return { changes: 1, pages: own };
  }
  return { changes: sql.update.run(...cellsOf(row).slice(1), row.id, version).changes, pages: own + INDEX_PAGES };
}

/** A row that needs more than its page gets new ones with each write, and those before are overwritten. */
function pagesOf({ body }: SessionRow): number {
  const pages = Math.ceil((body.length + BESIDE_BODY) / PAGE);
  return pages === 1 ? 1 : 2 * pages;
}

type StatementResult = ReturnType<StatementSync["run"]>;

const leased = (sql: Statements, row: SessionRow, version: number, place: number): StatementResult =>
  sql.updateLeased.run(...lightCells(row), place, row.id, version, row.renewAt, ...sameCells(row));

const refreshed = (sql: Statements, row: SessionRow, version: number, place: number): StatementResult =>
  sql.updateRefreshed.run(...lightCells(row), row.renewAt, place, row.id, version, ...sameCells(row));

/** Values for `LIGHT_COLUMNS`. */
export const lightCells = (row: SessionRow): readonly Cell[] => [row.version, row.seen, row.tokenExpires, row.lease, row.body];

/** Values for `SAME_COLUMNS`. */
export const sameCells = (row: SessionRow): readonly Cell[] => [
  ...[row.secretHash, row.previousHash, row.previousUntil, row.kind],
  ...[row.owner, row.issuer, row.sid, row.created, row.expires],
];

/**
 * Deletes rows that expired before `now`, the oldest first. Of many rows that expired within the same minute it deletes
 * in the order of their rowids, so that a page with several of them is written once.
 */
export function sweepRows(sql: Statements, limit: number, now: number): number {
  const inPlace = limit < FEW ? 0 : sweepInPlace(sql, limit, now);
  return inPlace === limit ? inPlace : inPlace + Number(sql.sweepRows.run(now, limit - inPlace).changes);
}

/** If at least `limit` rows have expired: deletes those in the range of rowids that the first ones span. */
function sweepInPlace(sql: Statements, limit: number, now: number): number {
  const last = sql.dueAt.get(now, limit - 1);
  const first = last === undefined ? undefined : sql.dueAt.get(now, 0);
  if (last === undefined || first === undefined) return 0;
  const from = placeOfEnd(integer(cellsIn(first)[0]));
  const to = lastPlaceOfEnd(integer(cellsIn(last)[0]));
  return Number(sql.sweepPlaces.run(from, to, now, limit).changes);
}
