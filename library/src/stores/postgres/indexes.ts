/** The indexes of the tables: which there have to be, and how one is made while everything goes on. */
import { isLocked, isRefused } from "./failures.ts";

/** An index as its statement makes it. */
export interface Index {
  readonly name: string;
  readonly table: "sessions" | "marks";
  readonly on: string;
}

/**
 * All indexes beside the primary keys. A new one is a line here and no step of the schema: it disturbs no replica of
 * the release before, and is made with `CONCURRENTLY`, which no transaction may hold.
 */
export const INDEXES: readonly Index[] = [
  { name: "sessions_owner", table: "sessions", on: "(owner, created DESC) WHERE owner IS NOT NULL" },
  { name: "sessions_sid", table: "sessions", on: "(issuer, sid) WHERE sid IS NOT NULL" },
  { name: "sessions_renew", table: "sessions", on: "(renew_at) WHERE renew_at IS NOT NULL" },
  { name: "sessions_expires", table: "sessions", on: "(expires)" },
  { name: "marks_until", table: "marks", on: "(until)" },
];

/** Answers the names of a schema's indexes that statements may use, in one text. */
export const usableIndexes = (schema: string): string =>
  `SELECT string_agg(c.relname, ' ') FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = to_regnamespace('"${schema}"') AND i.indisvalid AND i.indisready`;

/** Those of ours that are missing from such a text, or left half made. */
export function lackingIndexes(usable: unknown): readonly Index[] {
  const names = new Set(typeof usable === "string" ? usable.split(" ") : []);
  return INDEXES.filter(({ name }) => !names.has(name));
}

/** What {@link IndexBuilder} needs. */
interface BuilderOptions {
  readonly schema: string;
  /** Answers what {@link usableIndexes} asks for. */
  readonly usable: () => Promise<unknown>;
  /** Runs one statement, however long it takes. */
  readonly run: (text: string) => Promise<unknown>;
  readonly onWarning: (message: string) => void;
}

/** The first pause before it is tried again, and the longest; each is twice the last. Milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 60_000;

/** Makes the indexes that are lacking, beside everything else: the store works without them, but slowly. */
export class IndexBuilder {
  readonly #options: BuilderOptions;
  #pause = FIRST_PAUSE;
  #told = false;
  #closed = false;

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  close(): void {
    this.#closed = true;
  }

  /** Makes one after another. Resolves when none is lacking any more, when none may be made, or after `close`. */
  async build(): Promise<void> {
    const { schema, usable, run } = this.#options;
    while (!this.#closed) {
      let index: Index | undefined;
      try {
        [index] = lackingIndexes(await usable());
        if (index === undefined) return;
        await run(clearing(schema, index));
        await run(making(schema, index));
        this.#pause = FIRST_PAUSE;
      } catch (error) {
        if (index !== undefined && !isLocked(error)) this.#tell(index, error);
        if (isRefused(error)) return;
        await this.#rest();
      }
    }
  }

  #tell(index: Index, error: unknown): void {
    if (this.#told || this.#closed) return;
    this.#told = true;
    const { schema, onWarning } = this.#options;
    onWarning(lackingWords(schema, index, error instanceof Error ? error.message : "no answer"));
  }

  async #rest(): Promise<void> {
    // Replicas that found it together do not come back together.
    const pause = this.#pause * (0.5 + Math.random() / 2);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    await new Promise<void>((resolve) => setTimeout(resolve, pause).unref());
  }
}

/** What is said of an index that this process does not make, with the statements that do. */
export function lackingWords(schema: string, index: Index, why: string): string {
  const { name } = index;
  return [
    `The index ${name} of the session store is missing or half made, so that look-ups by it read the whole table.`,
    `It was not made: ${why}. As the owner of the tables, outside of a transaction, run:`,
    `DROP INDEX CONCURRENTLY IF EXISTS "${schema}".${name}; ${making(schema, index)};`,
  ].join(" ");
}

const making = (schema: string, { name, table, on }: Index): string =>
  `CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON "${schema}".${table} ${on}`;

/**
 * Drops what a killed process has left of an index. Whoever makes one holds the lock that is taken first, so one that
 * is being made is left alone. Nobody waits for that lock: it would keep a snapshot, for which that one waits, and
 * PostgreSQL would end one of the two.
 */
const clearing = (schema: string, { name, table }: Index): string => `DO $coatcheck$
BEGIN
  LOCK TABLE "${schema}".${table} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
  IF EXISTS (SELECT FROM pg_index
    WHERE indexrelid = to_regclass('"${schema}".${name}') AND NOT (indisvalid AND indisready)) THEN
    PERFORM set_config('lock_timeout', '500ms', true);
    DROP INDEX "${schema}".${name};
  END IF;
END
$coatcheck$`;
