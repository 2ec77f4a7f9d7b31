/** The columns of a stored row, declared once: stores, their suite and endings iterate over them. */
import type { EndReason, RecordKind, SessionRow } from "../contracts.ts";

export type ColumnName = keyof SessionRow;
type Choice = RecordKind | EndReason;

const KINDS: { readonly [kind in RecordKind]: true } = { browser: true, token: true };
const REASONS: { readonly [reason in EndReason]: true } = {
  logout: true,
  elsewhere: true,
  idle: true,
  expired: true,
  provider: true,
  admin: true,
  "identity-changed": true,
  replaced: true,
  "refresh-lost": true,
};

export const isEndReason = (text: string): text is EndReason => Object.hasOwn(REASONS, text);
const isRecordKind = (text: string): text is RecordKind => Object.hasOwn(KINDS, text);

/** Every reason for which a session ends. */
export const END_REASONS: readonly EndReason[] = Object.keys(REASONS).filter(isEndReason);
const RECORD_KINDS: readonly RecordKind[] = Object.keys(KINDS).filter(isRecordKind);

/** How one column is kept. Its type in {@link SessionRow} decides most of it: a contradiction does not compile. */
interface ColumnOf<Value> {
  /** A choice is one of a closed list of texts. */
  readonly type: [Value] extends [number | null] ? "integer" : [Value] extends [Choice | null] ? "choice" : "text";
  readonly nullable: null extends Value ? true : false;
  /** What ending a session does to it: personal data are emptied; the columns that refuse the ticket are kept. */
  readonly atEnd: "kept" | "emptied" | "written";
  /** Empty in nearly every row, so that a store may leave it out of its usual read. */
  readonly rare?: true;
}

/** In the order in which {@link rowFrom} reads them. */
export const ROW_COLUMNS: { readonly [Name in ColumnName]: ColumnOf<SessionRow[Name]> } = {
  id: { type: "text", nullable: false, atEnd: "kept" },
  secretHash: { type: "text", nullable: false, atEnd: "kept" },
  previousHash: { type: "text", nullable: true, atEnd: "emptied", rare: true },
  previousUntil: { type: "integer", nullable: false, atEnd: "emptied", rare: true },
  version: { type: "integer", nullable: false, atEnd: "written" },
  kind: { type: "choice", nullable: false, atEnd: "kept" },
  owner: { type: "text", nullable: true, atEnd: "emptied" },
  issuer: { type: "text", nullable: true, atEnd: "emptied" },
  sid: { type: "text", nullable: true, atEnd: "emptied" },
  created: { type: "integer", nullable: false, atEnd: "kept" },
  seen: { type: "integer", nullable: false, atEnd: "kept" },
  expires: { type: "integer", nullable: false, atEnd: "kept" },
  renewAt: { type: "integer", nullable: true, atEnd: "emptied" },
  tokenExpires: { type: "integer", nullable: true, atEnd: "emptied" },
  lease: { type: "text", nullable: true, atEnd: "emptied", rare: true },
  ended: { type: "integer", nullable: true, atEnd: "written", rare: true },
  reason: { type: "choice", nullable: true, atEnd: "written", rare: true },
  body: { type: "text", nullable: false, atEnd: "emptied" },
};

/** Reads the columns of one stored row, one after another in the order of {@link ROW_COLUMNS}. */
interface RowReader {
  text(): string;
  textOrNull(): string | null;
  integer(): number;
  integerOrNull(): number | null;
  choice<Value extends string>(choices: readonly Value[]): Value;
  choiceOrNull<Value extends string>(choices: readonly Value[]): Value | null;
}

/**
 * Builds a row from its cells, the columns in their order. A literal, so that the compiler misses a column that is
 * forgotten. Stores that read a row for every request write a literal of their own.
 */
export function rowFrom(reader: RowReader): SessionRow {
  return Object.freeze({
    id: reader.text(),
    secretHash: reader.text(),
    previousHash: reader.textOrNull(),
    previousUntil: reader.integer(),
    version: reader.integer(),
    kind: reader.choice(RECORD_KINDS),
    owner: reader.textOrNull(),
    issuer: reader.textOrNull(),
    sid: reader.textOrNull(),
    created: reader.integer(),
    seen: reader.integer(),
    expires: reader.integer(),
    renewAt: reader.integerOrNull(),
    tokenExpires: reader.integerOrNull(),
    lease: reader.textOrNull(),
    ended: reader.integerOrNull(),
    reason: reader.choiceOrNull(END_REASONS),
    body: reader.text(),
  });
}

/** A row with empty columns, on which new rows are built. */
export const BLANK_ROW: SessionRow = rowFrom({
  text: () => "",
  textOrNull: () => null,
  integer: () => 0,
  integerOrNull: () => null,
  choice<Value>([first]: readonly Value[]): Value {
    if (first === undefined) throw new TypeError("a choice of nothing");
    return first;
  },
  choiceOrNull: () => null,
});

const isColumn = (name: string): name is ColumnName => Object.hasOwn(ROW_COLUMNS, name);

/** The names of all columns, in their order. */
export const COLUMN_NAMES: readonly ColumnName[] = Object.keys(ROW_COLUMNS).filter(isColumn);

/** The columns of one type, so that a store can lay them out apart from others. */
export type ColumnsOfType<Type> = {
  [Name in ColumnName]: (typeof ROW_COLUMNS)[Name]["type"] extends Type ? Name : never;
}[ColumnName];

const isOfType =
  <Type extends "integer" | "text">(type: Type) =>
  (name: ColumnName): name is ColumnsOfType<Type> =>
    ROW_COLUMNS[name].type === type;

export const INTEGER_COLUMNS: readonly ColumnsOfType<"integer">[] = COLUMN_NAMES.filter(isOfType("integer"));
export const TEXT_COLUMNS: readonly ColumnsOfType<"text">[] = COLUMN_NAMES.filter(isOfType("text"));

/** The columns that ending a session empties. */
export const EMPTIED_COLUMNS: readonly ColumnName[] = COLUMN_NAMES.filter((name) => ROW_COLUMNS[name].atEnd === "emptied");

/** A column's name in SQL. */
export const columnOf = (name: ColumnName): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The SQL literal of an empty column. */
export function emptyOf(name: ColumnName): string {
  const { nullable, type } = ROW_COLUMNS[name];
  if (nullable) return "NULL";
  return type === "integer" ? "0" : "''";
}
