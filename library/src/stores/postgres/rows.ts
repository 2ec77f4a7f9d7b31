/** Converts rows of the store to values of a statement, and cells of an answer back to rows. */
import type { SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { COLUMN_NAMES, columnOf, rowFrom } from "../../core/row-columns.ts";
import type { PostgresValue } from "./client.ts";

/** The columns by name, the id first, so that a column that a later release adds disturbs no older one. */
export const COLUMNS: readonly string[] = COLUMN_NAMES.map(columnOf);

/** Values for {@link COLUMNS}. */
export const cellsOf = (row: SessionRow): PostgresValue[] => COLUMN_NAMES.map((name) => row[name]);

/** The row of {@link COLUMNS}. Throws `ERR_RECORD_FORMAT` for one that this release cannot read. */
export function rowOf(cells: readonly unknown[]): SessionRow {
  return rowFrom(new Cells(cells));
}

/** Whether PostgreSQL keeps a text as it is: without NUL, and without halves of a character. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

/** Throws `ERR_STORE_INVALID` for a text that cannot be kept. */
export function requireStorable(text: string): void {
  if (isStorable(text)) return;
  throw new CoatcheckError("ERR_STORE_INVALID", { message: "PostgreSQL cannot keep a text with NUL or half a character." });
}

/** Reads cells one after another; clients hand out 64-bit integers as texts, numbers or bigints. */
class Cells {
  readonly #cells: readonly unknown[];
  #at = 0;

  constructor(cells: readonly unknown[]) {
    this.#cells = cells;
  }

  text(): string {
    return textOf(this.#cells[this.#at++]);
  }

  textOrNull(): string | null {
    const cell = this.#cells[this.#at++];
    return cell === null ? null : textOf(cell);
  }

  integer(): number {
    return integerOf(this.#cells[this.#at++]);
  }

  integerOrNull(): number | null {
    const cell = this.#cells[this.#at++];
    return cell === null ? null : integerOf(cell);
  }

  choice<Value extends string>(choices: readonly Value[]): Value {
    const cell = this.#cells[this.#at++];
    return choices.find((choice) => choice === cell) ?? unreadable();
  }

  choiceOrNull<Value extends string>(choices: readonly Value[]): Value | null {
    const cell = this.#cells[this.#at++];
    return cell === null ? null : (choices.find((choice) => choice === cell) ?? unreadable());
  }
}

/** The text of a cell. Throws `ERR_RECORD_FORMAT` if it is none. */
export function textOf(cell: unknown): string {
  return typeof cell === "string" ? cell : unreadable();
}

/** The whole number of a cell. Throws `ERR_RECORD_FORMAT` if it is none that a number can hold. */
export function integerOf(cell: unknown): number {
  const value = typeof cell === "string" || typeof cell === "bigint" ? Number(cell) : cell;
  return typeof value === "number" && Number.isSafeInteger(value) ? value : unreadable();
}

function unreadable(): never {
  throw new CoatcheckError("ERR_RECORD_FORMAT");
}
