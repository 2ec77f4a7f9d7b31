/** Rows of the store as rows of the table: names of columns, values in their order, and back. */
import type { SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { ColumnName, RowReader } from "../../core/row-columns.ts";
import { COLUMN_NAMES, ROW_COLUMNS, rowFrom } from "../../core/row-columns.ts";

export type Cell = string | number | null;

/** A column's name in SQL. */
export const columnOf = (name: ColumnName): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What is stored of a column that says nothing. */
export function emptyOf(name: ColumnName): string {
  const { nullable, type } = ROW_COLUMNS[name];
  if (nullable) return "NULL";
  return type === "integer" ? "0" : "''";
}

/** The columns in their order; the id is the first. */
export const COLUMNS: readonly string[] = COLUMN_NAMES.map(columnOf);

/** Values for some columns. */
export function cellsFor(names: readonly ColumnName[], row: SessionRow): Cell[] {
  const cells: Cell[] = [];
  for (const name of names) cells.push(row[name]);
  return cells;
}

/** Values for {@link COLUMNS}. */
export const cellsOf = (row: SessionRow): Cell[] => cellsFor(COLUMN_NAMES, row);

/** The row of {@link COLUMNS}. */
export const rowOf = (cells: readonly unknown[]): SessionRow => rowFrom(new CellReader(cells, COLUMN_PLACES, ""));

const isRare = (name: ColumnName): boolean => ROW_COLUMNS[name].rare === true;
const isEmpty = (name: ColumnName): string => `${columnOf(name)} ${ROW_COLUMNS[name].nullable ? "IS" : "="} ${emptyOf(name)}`;

/**
 * What {@link usualRow} reads. Each column costs a tenth of a microsecond, so those that are empty in nearly every row
 * are folded into `shape`: 0 a browser's row, 1 a token's, 2 one in which they are not empty, which is read in full.
 */
const USUAL_NAMES = COLUMN_NAMES.filter((name) => name !== "id" && name !== "kind" && !isRare(name));
export const USUAL_COLUMNS = `
  CASE WHEN ${COLUMN_NAMES.filter(isRare).map(isEmpty).join(" AND ")}
    THEN kind = 'token' ELSE 2 END AS shape,
  ${USUAL_NAMES.map(columnOf).join(", ")}`;

/** Where each column is among the cells of a result; -1: nowhere, it is empty or the id. */
type Places = readonly number[];
const COLUMN_PLACES: Places = COLUMN_NAMES.map((_, place) => place);
const USUAL_PLACES: Places = COLUMN_NAMES.map((name) => (name === "kind" ? 0 : USUAL_NAMES.indexOf(name) + 1 || -1));

/** The row of {@link USUAL_COLUMNS}, or `undefined` where it must be read in full. */
export function usualRow(id: string, cells: readonly unknown[]): SessionRow | undefined {
  return cells[0] === 2 ? undefined : rowFrom(new CellReader(cells, USUAL_PLACES, id));
}

/** Reads the cells of a result; what they should not be is a record that cannot be read. */
class CellReader implements RowReader {
  readonly #cells: readonly unknown[];
  readonly #places: Places;
  readonly #id: string;
  #column = 0;

  constructor(cells: readonly unknown[], places: Places, id: string) {
    this.#cells = cells;
    this.#places = places;
    this.#id = id;
  }

  text(): string {
    const place = this.#next();
    return place < 0 ? this.#id : text(this.#cells[place]);
  }

  textOrNull(): string | null {
    const cell = this.#cellOrNull();
    return cell === null ? null : text(cell);
  }

  integer(): number {
    const place = this.#next();
    return place < 0 ? 0 : integer(this.#cells[place]);
  }

  integerOrNull(): number | null {
    const cell = this.#cellOrNull();
    return cell === null ? null : integer(cell);
  }

  choice<Value extends string>(choices: readonly Value[]): Value {
    const cell = this.#cells[this.#next()];
    const known = typeof cell === "number" ? choices[cell] : chosen(choices, cell);
    if (known === undefined) throw unreadable();
    return known;
  }

  choiceOrNull<Value extends string>(choices: readonly Value[]): Value | null {
    const cell = this.#cellOrNull();
    if (cell === null) return null;
    const known = chosen(choices, cell);
    if (known === undefined) throw unreadable();
    return known;
  }

  #next(): number {
    return this.#places[this.#column++] ?? -1;
  }

  #cellOrNull(): unknown {
    const place = this.#next();
    return place < 0 ? null : this.#cells[place];
  }
}

function chosen<Value extends string>(choices: readonly Value[], cell: unknown): Value | undefined {
  for (const choice of choices) if (choice === cell) return choice;
  return undefined;
}

/** The values of a result row, whichever way this version of `node:sqlite` hands them out. */
export const cellsIn = (result: object): readonly unknown[] => (Array.isArray(result) ? result : Object.values(result));

export function text(cell: unknown): string {
  if (typeof cell === "string") return cell;
  throw unreadable();
}

export function integer(cell: unknown): number {
  if (typeof cell === "number") return cell;
  throw unreadable();
}

const unreadable = (): CoatcheckError => new CoatcheckError("ERR_RECORD_FORMAT");
