/**
 * What `pg` itself takes for the look-ups of one turn in one statement, with each row made into an object: the floor of
 * a look-up in PostgreSQL.
 */
import type pg from "pg";

const COLUMNS =
  "id, secret_hash, previous_hash, previous_until, version, kind, owner, issuer, sid, created, seen, expires, renew_at, token_expires, lease, ended, reason, body";
const NAMES = COLUMNS.split(", ");
/** Which of the columns are whole numbers. */
const NUMBERS = new Set([3, 4, 9, 10, 11, 12, 13, 15]);
const TEXT = { getTypeParser: () => (text: string) => text };

type Row = { readonly [column: string]: string | number | null };

const rowOf = (cells: readonly (string | null)[]): Row =>
  Object.fromEntries(cells.map((cell, at) => [NAMES[at], cell !== null && NUMBERS.has(at) ? Number(cell) : cell]));

/** Looks up rows that exist, all of a turn together. */
export function gathered(pool: pg.Pool): (id: string) => Promise<Row> {
  let waiting = new Map<string, ((row: Row) => void)[]>();
  const text = `SELECT ${COLUMNS} FROM coatcheck.sessions WHERE id = ANY ($1)`;
  const send = async (): Promise<void> => {
    const batch = waiting;
    waiting = new Map();
    const { rows } = await pool.query({ name: "gathered", text, values: [[...batch.keys()]], rowMode: "array", types: TEXT });
    for (const cells of rows) {
      const row = rowOf(cells);
      for (const resolve of batch.get(cells[0]) ?? []) resolve(row);
    }
  };
  return (id) =>
    new Promise((resolve) => {
      if (waiting.size === 0) setImmediate(() => void send());
      waiting.set(id, [...(waiting.get(id) ?? []), resolve]);
    });
}

/** Looks rows up one by one, by a prepared statement, as an app does that has `pg` alone. */
export function oneByOne(pool: pg.Pool): (id: string) => Promise<unknown> {
  const text = `SELECT ${COLUMNS} FROM coatcheck.sessions WHERE id = $1`;
  return (id) => pool.query({ name: "one", text, values: [id] });
}
