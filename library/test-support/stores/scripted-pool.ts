/** A pool that answers as a test says: what the PostgreSQL store asked stands in a list. */
import { INDEXES } from "../../src/stores/postgres/indexes.ts";
import type { PostgresPool, PostgresQuery, PostgresResult } from "../../src/stores/postgres.ts";

/** What PostgreSQL says of itself and of its tables when a store starts. */
const START: readonly PostgresResult[] = [
  { rows: [["150000", "UTF8", "on", "on"]], rowCount: 1 },
  { rows: [["1", "1", INDEXES.map(({ name }) => name).join(" ")]], rowCount: 1 },
];

/** A pool, and what it was asked behind the store's start. */
interface ScriptedPool extends PostgresPool {
  readonly asked: PostgresQuery[];
}

/** Answers the store's start itself, and the rest by `answer`. */
export function scriptedPool(answer: (query: PostgresQuery, number: number) => Promise<PostgresResult>): ScriptedPool {
  const asked: PostgresQuery[] = [];
  let started = 0;
  return {
    asked,
    async query(query) {
      const known = START[started];
      started += 1;
      if (known !== undefined) return known;
      asked.push(query);
      return answer(query, asked.length - 1);
    },
  };
}

/** An error with a code, as clients of PostgreSQL throw them. */
export const withCode = (code: string): Error => Object.assign(new Error(`as PostgreSQL says ${code}`), { code });
