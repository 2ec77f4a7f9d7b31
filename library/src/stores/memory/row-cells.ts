/** Rows as bytes: numbers, the lengths of texts, links of lists, and the texts one after another. */
import type { EndReason, SessionRow } from "../../contracts.ts";
import type { ColumnsOfType } from "../../core/row-columns.ts";
import { END_REASONS, INTEGER_COLUMNS, TEXT_COLUMNS } from "../../core/row-columns.ts";
import type { Handle, Slab } from "./cells.ts";
import { Cells } from "./cells.ts";

/*
 * Positions come from the list of columns. Rows are written and read column by column, since loops over the list with
 * look-ups by name are a tenth slower. A column that `read` omits does not compile; one that is not written fails the
 * store suite.
 */

/** Numbers of a row, eight bytes each; `null` is stored as NaN. */
const numberAt = (name: ColumnsOfType<"integer">): number => INTEGER_COLUMNS.indexOf(name);
const VERSION = numberAt("version");
const CREATED = numberAt("created");
const SEEN = numberAt("seen");
const EXPIRES = numberAt("expires");
const PREVIOUS_UNTIL = numberAt("previousUntil");
const RENEW_AT = numberAt("renewAt");
const TOKEN_EXPIRES = numberAt("tokenExpires");
const ENDED = numberAt("ended");

/** Integers, four bytes each, after the numbers. Lengths of texts are in characters; -1 is `null`. */
const FLAGS = INTEGER_COLUMNS.length * 2;
const LENGTHS = FLAGS + 1;
const lengthAt = (name: ColumnsOfType<"text">): number => LENGTHS + TEXT_COLUMNS.indexOf(name);
const ID = lengthAt("id");
const SECRET_HASH = lengthAt("secretHash");
const PREVIOUS_HASH = lengthAt("previousHash");
const OWNER = lengthAt("owner");
const ISSUER = lengthAt("issuer");
const SID = lengthAt("sid");
const LEASE = lengthAt("lease");
const BODY = lengthAt("body");
/** The hash of the id, and the rows before and after this one in each of its lists. */
const HASH = LENGTHS + TEXT_COLUMNS.length;
const LINKS = HASH + 1;
const LISTS = 4;
const HEAD_BYTES = (LINKS + LISTS * 2) * 4;

/** Bits of the flags. */
const TOKEN = 1;
/** Texts of two bytes a character. */
const WIDE = 2;
const REASON_SHIFT = 2;

const REASONS: readonly (EndReason | null)[] = [null, ...END_REASONS];

/** The lists that a row may be in. */
export const BY_OWNER = 0;
export const BY_SID = 1;
export const BY_EXPIRY = 2;
export const BY_REFRESH = 3;
export type List = typeof BY_OWNER | typeof BY_SID | typeof BY_EXPIRY | typeof BY_REFRESH;

/** Writes and reads rows, and their single columns without reading the texts. */
export class RowCells {
  readonly #cells = new Cells();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Writes a row, in no list. `hash` is that of its id. */
  write(row: SessionRow, hash: number): Handle {
    const texts = row.id + row.secretHash + (row.previousHash ?? "") + (row.owner ?? "") + (row.issuer ?? "") + (row.sid ?? "");
    const whole = `${texts}${row.lease ?? ""}${row.body}`;
    const wide = /[^\0-\xff]/.test(whole);
    const handle = this.#cells.take(HEAD_BYTES + whole.length * (wide ? 2 : 1));
    const slab = this.#cells.slab(handle);
    const begin = this.#cells.begin(handle, slab);
    writeNumbers(slab.numbers, begin / 8, row);
    writeIntegers(slab.integers, begin / 4, row, wide, hash);
    if (wide) slab.bytes.write(whole, begin + HEAD_BYTES, "utf16le");
    else slab.bytes.write(whole, begin + HEAD_BYTES, "latin1");
    this.#count += 1;
    return handle;
  }

  /** Deletes a row, which is in no list any more. */
  drop(handle: Handle): void {
    this.#cells.give(handle);
    this.#count -= 1;
  }

  clear(): void {
    this.#cells.clear();
    this.#count = 0;
  }

  /** The row, as a new object each time. */
  read(handle: Handle): SessionRow {
    const slab = this.#cells.slab(handle);
    const begin = this.#cells.begin(handle, slab);
    const { numbers, integers } = slab;
    const at = begin / 8;
    const head = begin / 4;
    const flags = integers[head + FLAGS] ?? 0;
    const texts = new Texts(slab, begin);
    return Object.freeze({
      id: texts.next(integers[head + ID]) ?? "",
      secretHash: texts.next(integers[head + SECRET_HASH]) ?? "",
      previousHash: texts.next(integers[head + PREVIOUS_HASH]),
      previousUntil: numbers[at + PREVIOUS_UNTIL] ?? 0,
      version: numbers[at + VERSION] ?? 0,
      kind: (flags & TOKEN) === 0 ? "browser" : "token",
      owner: texts.next(integers[head + OWNER]),
      issuer: texts.next(integers[head + ISSUER]),
      sid: texts.next(integers[head + SID]),
      created: numbers[at + CREATED] ?? 0,
      seen: numbers[at + SEEN] ?? 0,
      expires: numbers[at + EXPIRES] ?? 0,
      renewAt: numberOrNull(numbers[at + RENEW_AT]),
      tokenExpires: numberOrNull(numbers[at + TOKEN_EXPIRES]),
      lease: texts.next(integers[head + LEASE]),
      ended: numberOrNull(numbers[at + ENDED]),
      reason: REASONS[flags >> REASON_SHIFT] ?? null,
      body: texts.next(integers[head + BODY]) ?? "",
    });
  }

  id(handle: Handle): string {
    const slab = this.#cells.slab(handle);
    return this.#id(slab, this.#cells.begin(handle, slab));
  }

  /** Whether it is the row of this id. Every look-up asks, so it compares bytes and makes no string. */
  isOf(handle: Handle, id: string): boolean {
    const slab = this.#cells.slab(handle);
    const begin = this.#cells.begin(handle, slab);
    const { bytes, integers } = slab;
    if (integers[begin / 4 + ID] !== id.length) return false;
    if (((integers[begin / 4 + FLAGS] ?? 0) & WIDE) !== 0) return this.#id(slab, begin) === id;
    const from = begin + HEAD_BYTES;
    for (let at = 0; at < id.length; at++) if (bytes[from + at] !== id.charCodeAt(at)) return false;
    return true;
  }

  hash = (handle: Handle): number => this.#integer(handle, HASH);
  version = (handle: Handle): number => this.#number(handle, VERSION);
  seen = (handle: Handle): number => this.#number(handle, SEEN);
  created = (handle: Handle): number => this.#number(handle, CREATED);
  expires = (handle: Handle): number => this.#number(handle, EXPIRES);
  renewAt = (handle: Handle): number | null => numberOrNull(this.#number(handle, RENEW_AT));
  lives = (handle: Handle): boolean => Number.isNaN(this.#number(handle, ENDED));
  leased = (handle: Handle): boolean => this.#integer(handle, LEASE) >= 0;

  /** Overwrites `seen`. */
  touch(handle: Handle, seen: number): void {
    const slab = this.#cells.slab(handle);
    slab.numbers[this.#cells.begin(handle, slab) / 8 + SEEN] = seen;
  }

  before = (handle: Handle, list: List): Handle => this.#integer(handle, LINKS + list * 2);
  after = (handle: Handle, list: List): Handle => this.#integer(handle, LINKS + list * 2 + 1);

  /** Links one row after another in a list. Either may be {@link NOWHERE}. */
  join(first: Handle, second: Handle, list: List): void {
    if (first !== 0) this.#set(first, LINKS + list * 2 + 1, second);
    if (second !== 0) this.#set(second, LINKS + list * 2, first);
  }

  #id(slab: Slab, begin: number): string {
    const wide = ((slab.integers[begin / 4 + FLAGS] ?? 0) & WIDE) !== 0;
    const from = begin + HEAD_BYTES;
    const length = slab.integers[begin / 4 + ID] ?? 0;
    return wide ? slab.bytes.toString("utf16le", from, from + length * 2) : slab.bytes.toString("latin1", from, from + length);
  }

  #number(handle: Handle, field: number): number {
    const slab = this.#cells.slab(handle);
    return slab.numbers[this.#cells.begin(handle, slab) / 8 + field] ?? 0;
  }

  #integer(handle: Handle, field: number): number {
    const slab = this.#cells.slab(handle);
    return slab.integers[this.#cells.begin(handle, slab) / 4 + field] ?? 0;
  }

  #set(handle: Handle, field: number, value: number): void {
    const slab = this.#cells.slab(handle);
    slab.integers[this.#cells.begin(handle, slab) / 4 + field] = value;
  }
}

/** The texts of a row in their order: slices of one string. */
class Texts {
  readonly #whole: string;
  #at = 0;

  constructor({ bytes, integers }: Slab, begin: number) {
    const head = begin / 4;
    let length = 0;
    for (let field = LENGTHS; field < HASH; field++) length += Math.max(0, integers[head + field] ?? 0);
    const from = begin + HEAD_BYTES;
    const wide = ((integers[head + FLAGS] ?? 0) & WIDE) !== 0;
    this.#whole = wide ? bytes.toString("utf16le", from, from + length * 2) : bytes.toString("latin1", from, from + length);
  }

  next(length = -1): string | null {
    if (length < 0) return null;
    const from = this.#at;
    this.#at += length;
    return this.#whole.slice(from, this.#at);
  }
}

function writeNumbers(numbers: Float64Array, at: number, row: SessionRow): void {
  numbers[at + VERSION] = row.version;
  numbers[at + CREATED] = row.created;
  numbers[at + SEEN] = row.seen;
  numbers[at + EXPIRES] = row.expires;
  numbers[at + PREVIOUS_UNTIL] = row.previousUntil;
  numbers[at + RENEW_AT] = row.renewAt ?? Number.NaN;
  numbers[at + TOKEN_EXPIRES] = row.tokenExpires ?? Number.NaN;
  numbers[at + ENDED] = row.ended ?? Number.NaN;
}

function writeIntegers(integers: Int32Array, at: number, row: SessionRow, wide: boolean, hash: number): void {
  const reason = REASONS.indexOf(row.reason) << REASON_SHIFT;
  integers[at + FLAGS] = (row.kind === "token" ? TOKEN : 0) | (wide ? WIDE : 0) | reason;
  integers[at + ID] = row.id.length;
  integers[at + SECRET_HASH] = row.secretHash.length;
  integers[at + PREVIOUS_HASH] = row.previousHash?.length ?? -1;
  integers[at + OWNER] = row.owner?.length ?? -1;
  integers[at + ISSUER] = row.issuer?.length ?? -1;
  integers[at + SID] = row.sid?.length ?? -1;
  integers[at + LEASE] = row.lease?.length ?? -1;
  integers[at + BODY] = row.body.length;
  integers[at + HASH] = hash;
}

function numberOrNull(number: number | undefined): number | null {
  return number === undefined || Number.isNaN(number) ? null : number;
}
