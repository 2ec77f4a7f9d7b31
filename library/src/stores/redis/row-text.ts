/** A row as one string: a head of fixed width, which scripts judge and change in place, then all other columns. */
import type { SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { ColumnName } from "../../core/row-columns.ts";
import { BLANK_ROW, COLUMN_NAMES, EMPTIED_COLUMNS, ROW_COLUMNS, rowFrom } from "../../core/row-columns.ts";
import { indexMark } from "./keys.ts";

/** The first character. A reader that meets another one answers that the session is unavailable, not absent. */
export const FORMAT = "1";
const VERSION_DIGITS = 16;
const TIME_DIGITS = 15;
const LENGTH_DIGITS = 6;
/** A time that is not set. */
export const NO_TIME = "-".repeat(TIME_DIGITS);

/** Where parts of the head begin: format, version, ended, seen, renewAt, bytes of the kept part, index mark, `\n`. */
const AT = { version: 1, ended: 17, seen: 32, renewAt: 47, end: 91 } as const;

/** How long the head is, its line break included. */
export const HEAD_LENGTH = AT.end;

type HeadColumn = Exclude<keyof typeof AT, "end">;
const isInHead = (name: ColumnName): name is HeadColumn => Object.hasOwn(AT, name);
const inTail = COLUMN_NAMES.filter((name) => name !== "id" && name !== "body" && !isInHead(name));
/** What an ended row keeps lies together behind the head, so that ending copies it without reading it. */
const KEPT = inTail.filter((name) => ROW_COLUMNS[name].atEnd === "kept");
const OTHERS = inTail.filter((name) => ROW_COLUMNS[name].atEnd !== "kept");
/** The place of each column of the tail among those in the order of {@link KEPT} and {@link OTHERS}. */
const PLACES = new Map([...KEPT, ...OTHERS].map((name, place) => [name, place]));
const CELLS = PLACES.size;

function digits(name: string, value: number, width: number): string {
  const text = String(value);
  if (Number.isSafeInteger(value) && value >= 0 && text.length <= width) return text.padStart(width, "0");
  const message = `The Redis store takes whole numbers of at most ${width} digits; ${name} is ${text}.`;
  throw new CoatcheckError("ERR_STORE_INVALID", { message });
}

/** A version as scripts compare it: numbers of one width compare as texts, without losing a digit. */
export const versionText = (version: number): string => String(version).padStart(VERSION_DIGITS, "0");
export const timeText = (time: number): string => digits("a time", time, TIME_DIGITS);

/** A length before each text, in UTF-16 units, so that it may hold anything; a number as it is; `null` is nothing. */
function cell(value: string | number | null): string {
  if (value === null) return "\n";
  return typeof value === "string" ? `${value.length}:${value}\n` : `${value}\n`;
}

const cells = (row: SessionRow, names: readonly ColumnName[]): string => names.map((name) => cell(row[name])).join("");

/** The string that is stored for a row. Throws `ERR_STORE_INVALID` for numbers that have no place in the head. */
export function encodeRow(row: SessionRow): string {
  const { version, ended, seen, renewAt, body } = row;
  const kept = cells(row, KEPT);
  const head = [
    FORMAT,
    digits("version", version, VERSION_DIGITS),
    ended === null ? NO_TIME : timeText(ended),
    timeText(seen),
    renewAt === null ? NO_TIME : timeText(renewAt),
    digits("the length of the columns", Buffer.byteLength(kept), LENGTH_DIGITS),
    indexMark(row),
  ];
  return `${head.join("")}\n${kept}${cells(row, OTHERS)}${body}`;
}

/** What follows the kept part of a row that ended for this reason. */
export function endedTail(reason: NonNullable<SessionRow["reason"]>): string {
  const emptied = Object.fromEntries(EMPTIED_COLUMNS.map((name) => [name, BLANK_ROW[name]]));
  const row: SessionRow = { ...BLANK_ROW, ...emptied, reason };
  return `${cells(row, OTHERS)}${row.body}`;
}

/** Cuts the tail of a row into its cells. */
class Tail {
  readonly #text: string;
  readonly #id: string;
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  readonly #body: number;
  #next = 0;

  constructor(id: string, text: string) {
    this.#id = id;
    this.#text = text;
    let at: number = AT.end;
    for (let place = 0; place < CELLS; place++) {
      let end = text.indexOf("\n", at);
      const colon = text.indexOf(":", at);
      if (end === -1) throw new CoatcheckError("ERR_RECORD_FORMAT");
      if (colon !== -1 && colon < end) {
        const length = Number(text.slice(at, colon));
        at = colon + 1;
        end = at + length;
      }
      if (text[end] !== "\n") throw new CoatcheckError("ERR_RECORD_FORMAT");
      this.#begins.push(at);
      this.#ends.push(end);
      at = end + 1;
    }
    this.#body = at;
  }

  #column(): string | null {
    const name = COLUMN_NAMES[this.#next++] ?? "body";
    if (name === "id") return this.#id;
    if (name === "body") return this.#text.slice(this.#body);
    if (isInHead(name)) return this.#inHead(name);
    const place = PLACES.get(name) ?? 0;
    const [begin = 0, end = 0] = [this.#begins[place], this.#ends[place]];
    // The separator before an empty text is its colon; nothing but the end of another cell stands before `null`.
    return begin === end && this.#text[begin - 1] !== ":" ? null : this.#text.slice(begin, end);
  }

  #inHead(name: HeadColumn): string | null {
    const begin = AT[name];
    const text = this.#text.slice(begin, begin + (name === "version" ? VERSION_DIGITS : TIME_DIGITS));
    return text === NO_TIME ? null : text;
  }

  text(): string {
    return this.#column() ?? unreadable();
  }

  textOrNull(): string | null {
    return this.#column();
  }

  integer(): number {
    return this.integerOrNull() ?? unreadable();
  }

  integerOrNull(): number | null {
    const text = this.#column();
    if (text === null) return null;
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : unreadable();
  }

  choice<Value extends string>(choices: readonly Value[]): Value {
    return this.choiceOrNull(choices) ?? unreadable();
  }

  choiceOrNull<Value extends string>(choices: readonly Value[]): Value | null {
    const text = this.#column();
    return text === null ? null : (choices.find((choice) => choice === text) ?? unreadable());
  }
}

function unreadable(): never {
  throw new CoatcheckError("ERR_RECORD_FORMAT");
}

/** `renewAt` in the head of a row that has not ended; `null` if there is none, or the head is of another format. */
export function renewAtIn(head: string): number | null {
  const renewAt = head.slice(AT.renewAt, AT.renewAt + TIME_DIGITS);
  const lives = head.startsWith(FORMAT) && head.slice(AT.ended, AT.seen) === NO_TIME;
  return lives && /^\d{15}$/.test(renewAt) ? Number(renewAt) : null;
}

/** The row of a stored string. Throws `ERR_RECORD_FORMAT` for one that this release cannot read. */
export function decodeRow(id: string, text: string): SessionRow {
  if (!text.startsWith(FORMAT)) throw new CoatcheckError("ERR_RECORD_FORMAT");
  return rowFrom(new Tail(id, text));
}
