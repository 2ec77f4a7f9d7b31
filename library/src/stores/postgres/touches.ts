/** Gathers touches of a few milliseconds into one statement. */
import type { Database } from "./database.ts";
import { isStorable, textOf } from "./rows.ts";
import type { Statements } from "./statements.ts";

interface Waiter {
  resolve(exists: boolean): void;
  reject(error: unknown): void;
}

interface Touch {
  seen: number;
  readonly waiters: Waiter[];
}

/** How long touches are gathered, in milliseconds. They follow a response, so that no client waits for them. */
const GATHERED = 5;
/** The most of one statement. */
const BATCH = 256;

/** Writes `seen` of many rows by one statement: a commit costs more than what is written. */
export class Touches {
  readonly #database: Database;
  readonly #sql: Statements;
  readonly #underWay = new Set<Promise<void>>();
  #gathered = new Map<string, Touch>();
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database, sql: Statements) {
    this.#database = database;
    this.#sql = sql;
  }

  touch(id: string, seen: number): Promise<boolean> {
    if (!isStorable(id)) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const touch = this.#gathered.get(id);
      if (touch === undefined) this.#gathered.set(id, { seen, waiters: [{ resolve, reject }] });
      else {
        touch.seen = Math.max(touch.seen, seen);
        touch.waiters.push({ resolve, reject });
      }
      if (this.#gathered.size === BATCH) this.#send();
      else this.#timer ??= setTimeout(() => this.#send(), GATHERED);
    });
  }

  /** Writes what is gathered, and resolves when nothing is under way. */
  async flush(): Promise<void> {
    this.#send();
    await Promise.all(this.#underWay);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered.size === 0) return;
    const batch = this.#gathered;
    this.#gathered = new Map();
    const writing = this.#write(batch).finally(() => this.#underWay.delete(writing));
    this.#underWay.add(writing);
  }

  async #write(batch: ReadonlyMap<string, Touch>): Promise<void> {
    try {
      const [only, another] = batch;
      const { rows } =
        only !== undefined && another === undefined
          ? await this.#database.run(this.#sql.touch, [only[0], only[1].seen])
          : await this.#database.run(this.#sql.touchAll, [[...batch.keys()], Array.from(batch.values(), ({ seen }) => seen)]);
      const live = new Set(rows.map(([id]) => textOf(id)));
      for (const [id, { waiters }] of batch) for (const { resolve } of waiters) resolve(live.has(id));
    } catch (error) {
      for (const { waiters } of batch.values()) for (const { reject } of waiters) reject(error);
    }
  }
}
