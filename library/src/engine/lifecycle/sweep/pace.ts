/** The pace of a sweep: how large the next batch is, and when to stop. */
import type { Clock, MaybePromise } from "../../../contracts.ts";

/** The first and the smallest batch, in rows. */
const FIRST = 250;
const LEAST = 50;
/**
 * The longest that a batch may hold the event loop, milliseconds: no request is served meanwhile. A timer is late by
 * as much anyway.
 */
const HELD = 1;
/** The longest that it may take in all: a store that answers later holds locks and a connection meanwhile. */
const LONG = 50;
/** The pause between two batches, in which requests are answered, milliseconds. */
const PAUSE = 20;
/** After a batch that held the event loop, however shortly: a sweep takes a twelfth of the time at most. */
const PAUSE_AFTER_HELD = 12;

/** Time that a sweep may take, and the batches in which it does. */
export class Pace {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #end: number;
  readonly #signal: AbortSignal;
  #batch: number;
  #pause = PAUSE;

  constructor(clock: Clock, most: number, within: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#most = most;
    this.#end = clock.monotonic() + within;
    this.#signal = signal;
    this.#batch = Math.min(FIRST, most);
  }

  /** Begins another kind of work, whose batches take as long as they take. */
  restart(): void {
    this.#batch = Math.min(FIRST, this.#most);
  }

  /** Its time is over, or the process ends. */
  get over(): boolean {
    return this.#signal.aborted || this.#clock.monotonic() >= this.#end;
  }

  /**
   * Carries out a batch, and adapts the next to the time that it took, by a clock with fractions of a millisecond.
   * Answers how large it was, too.
   */
  async batch<Answer>(
    work: (limit: number) => MaybePromise<Answer>,
  ): Promise<{ readonly limit: number; readonly answer: Answer }> {
    const limit = this.#batch;
    const started = this.#clock.monotonic();
    const given = work(limit);
    const held = this.#clock.monotonic() - started;
    this.#pause = held < HELD / 2 ? PAUSE : PAUSE_AFTER_HELD;
    const answer = await given;
    this.#batch = this.#next(limit, held, this.#clock.monotonic() - started);
    return { limit, answer };
  }

  /** Lets requests have their turn. Answers whether there is time for another batch. */
  async goesOn(): Promise<boolean> {
    if (this.over) return false;
    await this.#clock.sleep(this.#pause, this.#signal).catch(() => undefined);
    return !this.over;
  }

  #next(batch: number, held: number, took: number): number {
    if (held > HELD || took > LONG) return Math.max(Math.min(LEAST, this.#most), Math.floor(batch / 2));
    return held < HELD && took < LONG ? Math.min(this.#most, Math.ceil(batch * 1.25)) : batch;
  }
}
