/** Reads of rows: those of one turn of the event loop go out together, one alone at once. */
import { setImmediate } from "node:timers";
import type { SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { Commander } from "./clients/commander.ts";
import { listOf, textOf } from "./clients/commander.ts";
import { failure } from "./failure.ts";
import type { Keys } from "./keys.ts";
import { decodeRow } from "./row-text.ts";

/** The most rows of one command, so that a slow answer holds up no more. */
const BATCH = 256;

/** What was found of one id; an error is a row that this release cannot read. */
export type Found = SessionRow | undefined | CoatcheckError;

interface Waiting {
  readonly id: string;
  resolve(row: SessionRow | undefined): void;
  reject(error: unknown): void;
}

/** Reads go to masters: what has ended has ended for the next call of any process. */
export class Reads {
  readonly #commander: Commander;
  readonly #keys: Keys;
  /** Who asks in this turn, after the first; `null` between turns. */
  #turn: Waiting[] | null = null;

  constructor(commander: Commander, keys: Keys) {
    this.#commander = commander;
    this.#keys = keys;
  }

  get(id: string): Promise<SessionRow | undefined> {
    // A cluster refuses keys of several slots in one command; its client sends what one master gets together.
    if (this.#commander.kind === "cluster") return this.#getOne(id);
    if (this.#turn === null) {
      this.#turn = [];
      setImmediate(() => this.#flush());
      return this.#getOne(id);
    }
    const turn = this.#turn;
    return new Promise((resolve, reject) => {
      turn.push({ id, resolve, reject });
    });
  }

  /** The rows of these ids, in their order. Throws if one of them cannot be read. */
  async getMany(ids: readonly string[]): Promise<readonly (SessionRow | undefined)[]> {
    const found = await this.findMany(ids);
    return found.map((one) => {
      if (one instanceof CoatcheckError) throw one;
      return one;
    });
  }

  /** The same, for those who go on without what cannot be read. */
  async findMany(ids: readonly string[]): Promise<readonly Found[]> {
    const texts = await this.#allTexts(ids);
    return ids.map((id, index) => foundAt(id, texts[index]));
  }

  /** Of the master that has one key, so that a cluster has one clock. */
  async time(): Promise<number> {
    const [seconds, micros] = listOf(await this.#commander.send(this.#keys.channel, ["TIME"]));
    return Number(textOf(seconds)) * 1_000 + Math.floor(Number(textOf(micros)) / 1_000);
  }

  async text(key: string): Promise<string | undefined> {
    return textOf(await this.#commander.send(key, ["GET", key]));
  }

  async #getOne(id: string): Promise<SessionRow | undefined> {
    const text = await this.text(this.#keys.row(id));
    return text === undefined ? undefined : decodeRow(id, text);
  }

  async #allTexts(ids: readonly string[]): Promise<readonly unknown[]> {
    if (this.#commander.kind === "cluster") return Promise.all(ids.map((id) => this.text(this.#keys.row(id))));
    const batches: Promise<readonly unknown[]>[] = [];
    for (let first = 0; first < ids.length; first += BATCH) batches.push(this.#texts(ids.slice(first, first + BATCH)));
    return (await Promise.all(batches)).flat();
  }

  async #texts(ids: readonly string[]): Promise<readonly unknown[]> {
    const [first = "", ...others] = ids.map((id) => this.#keys.row(id));
    return listOf(await this.#commander.send(first, ["MGET", first, ...others]));
  }

  #flush(): void {
    const turn = this.#turn ?? [];
    this.#turn = null;
    for (let first = 0; first < turn.length; first += BATCH) void this.#settle(turn.slice(first, first + BATCH));
  }

  /** One row that cannot be read is refused to who asked for it, and to no other. */
  async #settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const texts = await this.#texts(batch.map(({ id }) => id));
      for (const [index, { id, resolve, reject }] of batch.entries()) {
        const found = foundAt(id, texts[index]);
        if (found instanceof CoatcheckError) reject(found);
        else resolve(found);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

function foundAt(id: string, answer: unknown): Found {
  try {
    const text = textOf(answer);
    return text === undefined ? undefined : decodeRow(id, text);
  } catch (error) {
    return failure(error);
  }
}
