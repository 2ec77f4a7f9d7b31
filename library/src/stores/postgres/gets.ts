/** Gathers the look-ups of one turn of the event loop into one statement. */
import type { SessionRow } from "../../contracts.ts";
import type { Database } from "./database.ts";
import { isStorable, rowOf, textOf } from "./rows.ts";
import type { Statements } from "./statements.ts";

interface Waiter {
  resolve(row: SessionRow | undefined): void;
  reject(error: unknown): void;
}

/** The most ids of one statement. */
const BATCH = 256;
/** The most statements under way; what comes meanwhile is gathered. One slow answer holds up a quarter. */
const MOST_UNDER_WAY = 4;

/**
 * Looks rows up by id. All that is asked for in one turn is one statement, which costs the server and this process a
 * fraction of one each. A look-up that is alone is a plain statement, and goes out as soon.
 */
export class Gets {
  readonly #database: Database;
  readonly #sql: Statements;
  readonly #waiting = new Map<string, Waiter[]>();
  #underWay = 0;
  #scheduled = false;

  constructor(database: Database, sql: Statements) {
    this.#database = database;
    this.#sql = sql;
  }

  get(id: string): Promise<SessionRow | undefined> {
    // What cannot be stored is not there, and would fail the statement for the others.
    if (!isStorable(id)) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(id);
      if (waiters === undefined) this.#waiting.set(id, [{ resolve, reject }]);
      else waiters.push({ resolve, reject });
      this.#schedule();
    });
  }

  /** After what this turn still reads, so that requests that came in together are looked up together. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay === MOST_UNDER_WAY) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#waiting.size > 0 && this.#underWay < MOST_UNDER_WAY) {
      const batch = new Map<string, Waiter[]>();
      for (const [id, waiters] of this.#waiting) {
        if (batch.size === BATCH) break;
        batch.set(id, waiters);
        this.#waiting.delete(id);
      }
      this.#underWay += 1;
      void this.#load(batch);
    }
  }

  async #load(batch: Map<string, Waiter[]>): Promise<void> {
    try {
      const [only, another] = batch.keys();
      const answer =
        only !== undefined && another === undefined
          ? await this.#database.run(this.#sql.get, [only])
          : await this.#database.run(this.#sql.getAll, [[...batch.keys()]]);
      for (const cells of answer.rows) answerWith(batch, cells);
      for (const waiters of batch.values()) for (const { resolve } of waiters) resolve(undefined);
    } catch (error) {
      for (const waiters of batch.values()) for (const { reject } of waiters) reject(error);
    }
    this.#underWay -= 1;
    this.#send();
  }
}

/** A row that cannot be read is an error for those alone who asked for it. */
function answerWith(batch: Map<string, Waiter[]>, cells: readonly unknown[]): void {
  const id = textOf(cells[0]);
  const waiters = batch.get(id) ?? [];
  batch.delete(id);
  try {
    const row = rowOf(cells);
    for (const { resolve } of waiters) resolve(row);
  } catch (error) {
    for (const { reject } of waiters) reject(error);
  }
}
