/** Whether a move has begun, and where to. Both stores say so by markers, so that every process knows. */
import type { SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import type { Way } from "./hand-over.ts";

/** The markers of a move; none of them is moved. */
export const OWN_MARKERS = "move:";
/** In the old store from the beginning on: the name of the move. New sessions go to the new store from then on. */
const BEGAN = `${OWN_MARKERS}began`;
/** In the new store, from just before: whether the move is done. */
const INTO = `${OWN_MARKERS}into`;
/**
 * In the new store, before that: a marker for each name. Two movers that begin at once, each with a name of its own,
 * cannot overwrite the other's, and either name leads here.
 */
const intoBy = (name: string): string => `${INTO}:${name}`;
/** In the old store, while an app serves both: a few minutes long. */
const SERVED = `${OWN_MARKERS}served`;
/** How far the scan of the old store got; in the new store. */
const PROGRESS = `${OWN_MARKERS}progress`;

/** Longer than any store is in use, in milliseconds: a hundred years. */
const FOR_EVER = 3_155_760_000_000;
/** How long an app counts as serving both stores after it said so, and how often it does, in milliseconds. */
const SERVED_FOR = 600_000;
export const SERVED_EVERY = 60_000;

/** What the stores say of a move. */
export class Phase {
  readonly #way: Way;
  #began = false;
  #done = false;

  constructor(way: Way) {
    this.#way = way;
  }

  /** Whether this process knows that it has begun; it may have begun all the same. */
  get isKnown(): boolean {
    return this.#began;
  }

  /**
   * Whether it has begun. Asked after a write to the old store, which the move may have missed: both write first and
   * look second.
   *
   * @throws CoatcheckError `ERR_STORE_INVALID` if it goes into another store.
   */
  async hasBegun(): Promise<boolean> {
    if (this.#began) return true;
    const name = await this.name();
    if (name === undefined) return false;
    if (!(await this.leadsHere(name))) throw elsewhere();
    this.#began = true;
    return true;
  }

  /** Whether everything has arrived, so that some processes may use the new store alone. */
  async isDone(): Promise<boolean> {
    if (!this.#done) this.#done = (await this.hasBegun()) && (await this.saysDone());
    return this.#done;
  }

  /** The name of the move out of the old store, if one has begun. */
  async name(): Promise<string | undefined> {
    return this.#way.from.marked(BEGAN, this.#now);
  }

  /** Whether the move of this name goes into the new store. */
  async leadsHere(name: string): Promise<boolean> {
    return (await this.#way.to.marked(intoBy(name), this.#now)) !== undefined;
  }

  /** Whether the new store says that everything has arrived. */
  async saysDone(): Promise<boolean> {
    return isDone(await this.#way.to.marked(INTO, this.#now));
  }

  /** Begins: the new store first, so that whoever hears of it in the old one finds it there. */
  async begin(name: string): Promise<void> {
    await this.#way.to.mark(intoBy(name), this.#now + FOR_EVER, this.#now);
    await this.#writeInto(name, "copying");
    await this.#way.from.mark(BEGAN, this.#now + FOR_EVER, this.#now, name);
  }

  async finish(name: string): Promise<void> {
    await this.#writeInto(name, "done");
  }

  async serve(): Promise<void> {
    await this.#way.from.mark(SERVED, this.#now + SERVED_FOR, this.#now);
  }

  /** Whether an app serves both stores. */
  async isServed(): Promise<boolean> {
    return (await this.#way.from.marked(SERVED, this.#now)) !== undefined;
  }

  async progress(): Promise<string | null> {
    const position = await this.#way.to.marked(PROGRESS, this.#now);
    return position === undefined || position === "" ? null : position;
  }

  async keepProgress(position: string | null): Promise<void> {
    await this.#way.to.mark(PROGRESS, this.#now + FOR_EVER, this.#now, position ?? "");
  }

  async #writeInto(name: string, state: "copying" | "done"): Promise<void> {
    await this.#way.to.mark(INTO, this.#now + FOR_EVER, this.#now, `${name} ${state}`);
  }

  get #now(): number {
    return this.#way.clock.now();
  }
}

const isDone = (into: string | undefined): boolean => into?.endsWith(" done") === true;

function elsewhere(): CoatcheckError {
  const message =
    "The sessions of the old store are being moved, and to another store than this. Name the one that the move was begun with.";
  return new CoatcheckError("ERR_STORE_INVALID", { message });
}

/**
 * Why a store must not be used alone at this moment: its sessions are moved to another one, or into it and not all are
 * there yet. `undefined`: it may. Asked before an app is started on it.
 *
 * @param now milliseconds since the epoch
 * @throws CoatcheckError what the store throws.
 * @example
 * ```ts
 * import { whyNotAlone } from "coatcheck/move";
 *
 * const why = await whyNotAlone(sqlite("sessions.db"), Date.now());
 * if (why !== undefined) throw new Error(`Not this store alone: ${why}.`);
 * ```
 */
export async function whyNotAlone(store: SessionStore, now: number): Promise<string | undefined> {
  if ((await store.marked(BEGAN, now)) !== undefined) return "its sessions are moved to another store";
  const into = await store.marked(INTO, now);
  return into === undefined || isDone(into) ? undefined : "sessions are moved into it, and not all of them are there yet";
}
