/**
 * Sets of ids by `renewAt`, for those alone who refresh tokens in the background: they would be a tenth of the memory.
 * They are there from the first question on, which fills them from the rows, and until nobody has asked for a day.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { SessionRow } from "../../../contracts.ts";
import type { Call } from "../calls.ts";
import type { Commander } from "../clients/commander.ts";
import { listOf, textOf } from "../clients/commander.ts";
import type { Keys } from "../keys.ts";
import { HEAD_LENGTH, renewAtIn } from "../row-text.ts";
import { DUE, RENEW, RESCORE } from "../scripts.ts";

/** A member of a set by score, as it was read. */
export interface Due {
  readonly id: string;
  readonly score: number;
}

/** How long the sets stand when nobody asks, and how long they count as whole, in milliseconds. */
const STANDING = "172800000";
const WHOLE = "86400000";
/** How long another process waits for one that fills them and says nothing, in milliseconds. */
const FILLING = "10000";
/** How long a question waits for the sets to be filled, and how often it looks, in milliseconds. */
const PATIENCE = 2_000;
const LOOK = 50;
/** How many names a step of filling looks at. */
const STEP = "1000";
/** A member that keeps an empty set; an id never is it. */
const KEEPER = ".";

type Send = (call: Call) => Promise<unknown>;

export class Renewals {
  readonly #commander: Commander;
  readonly #keys: Keys;
  readonly #send: Send;
  #filling: Promise<void> | undefined;
  #closed = false;

  constructor(commander: Commander, keys: Keys, send: Send) {
    this.#commander = commander;
    this.#keys = keys;
    this.#send = send;
  }

  /** Says where a row stands, after it was written: whoever misses it refreshes with the next request. */
  async tell({ id, renewAt }: Pick<SessionRow, "id" | "renewAt">): Promise<void> {
    await this.#send(this.#call(id, renewAt, ""));
  }

  /** The ids whose tokens are due first. */
  async due(before: number, limit: number): Promise<readonly Due[]> {
    let found = await this.#ask(before, limit);
    if (!found.whole) {
      await this.#filled();
      found = await this.#ask(before, limit);
    }
    return found.due.toSorted((a, b) => a.score - b.score).slice(0, limit);
  }

  /** Some ids whose tokens were due, the first of each set; about `limit` in all. Makes no sets. */
  async overdue(before: number, limit: number): Promise<readonly Due[]> {
    const most = String(Math.ceil(limit / this.#keys.renewSets.length));
    const range = ["-inf", `(${before}`, "WITHSCORES", "LIMIT", "0", most] as const;
    const sets = await Promise.all(
      this.#keys.renewSets.map((key) => this.#commander.send(key, ["ZRANGEBYSCORE", key, ...range])),
    );
    return sets.flatMap((answer) => pairsOf(listOf(answer).flat()));
  }

  /** Gives an id the right score, or none, if it still has the one that was read. */
  async rescore({ id, score }: Due, right: number | null): Promise<void> {
    const args = [id, String(score), right === null ? "" : String(right)];
    await this.#send({ run: RESCORE, key: this.#keys.renew(id), args });
  }

  /** What is being filled is left to others. */
  close(): void {
    this.#closed = true;
  }

  async #ask(before: number, limit: number): Promise<{ readonly whole: boolean; readonly due: readonly Due[] }> {
    const args = [KEEPER, STANDING, `(${before}`, String(limit)];
    const { renewSets, renewWhole } = this.#keys;
    const [flag, ...sets] = await Promise.all([
      this.#commander.send(renewWhole, ["GETEX", renewWhole, "PX", WHOLE]),
      ...renewSets.map((key) => this.#send({ run: DUE, key, args })),
    ]);
    const answers = sets.map((answer) => listOf(answer));
    const isNew = answers.some(([made]) => Number(made) === 1);
    if (isNew) await this.#commander.send(renewWhole, ["DEL", renewWhole]);
    return { whole: textOf(flag) !== undefined && !isNew, due: answers.flatMap(([, ...flat]) => pairsOf(flat)) };
  }

  /** Resolves when the sets hold all rows, or after a while, since a question is not to wait for millions. */
  async #filled(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
    const filling = this.#filling;
    await new Promise<void>((resolve, reject) => {
      filling.then(resolve, reject);
      void sleep(PATIENCE, undefined, { ref: false }).then(() => resolve());
    });
  }

  async #fill(): Promise<void> {
    const { renewFilling, renewWhole } = this.#keys;
    while (textOf(await this.#commander.send(renewWhole, ["GET", renewWhole])) === undefined) {
      const first = await this.#commander.send(renewFilling, ["SET", renewFilling, "1", "NX", "PX", FILLING]);
      if (textOf(first) === undefined) {
        if (this.#closed) return;
        await sleep(LOOK, undefined, { ref: false });
        continue;
      }
      for (const master of this.#commander.masters()) await this.#fillFrom(master);
      await this.#commander.send(renewWhole, ["SET", renewWhole, "1", "PX", WHOLE]);
      await this.#commander.send(renewFilling, ["DEL", renewFilling]);
    }
  }

  async #fillFrom(master: string): Promise<void> {
    let cursor = "0";
    do {
      if (this.#closed) throw new Error("The store is closed.");
      const [next, names] = listOf(
        await this.#commander.ask(master, ["SCAN", cursor, "MATCH", this.#keys.rowPattern, "COUNT", STEP]),
      );
      await Promise.all(listOf(names).map((name) => this.#fillOne(this.#keys.idOf(String(name)) ?? "")));
      await this.#commander.send(this.#keys.renewFilling, ["PEXPIRE", this.#keys.renewFilling, FILLING]);
      cursor = String(next);
    } while (cursor !== "0");
  }

  async #fillOne(id: string): Promise<void> {
    const key = this.#keys.row(id);
    const head = textOf(await this.#commander.send(key, ["GETRANGE", key, "0", String(HEAD_LENGTH - 1)]));
    const renewAt = renewAtIn(head ?? "");
    if (renewAt !== null) await this.#send(this.#call(id, renewAt, "NX"));
  }

  #call(id: string, renewAt: number | null, condition: "NX" | ""): Call {
    return { run: RENEW, key: this.#keys.renew(id), args: [id, renewAt === null ? "" : String(renewAt), condition] };
  }
}

/** Members with scores, which lie flat. */
const pairsOf = (flat: readonly unknown[]): readonly Due[] =>
  flat.flatMap((id, index) => (index % 2 === 0 ? { id: String(id), score: Number(flat[index + 1]) } : []));
