/**
 * Works that wake together, one in each round of the event loop: what else waits is looked after in between, while
 * everything is warm.
 */
import type { Clock } from "../../contracts.ts";

/** A process that rested is slow for a while; one that works without a break keeps everybody waiting. */
export class OneByOne {
  readonly #clock: Pick<Clock, "yield">;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Pick<Clock, "yield">) {
    this.#clock = clock;
  }

  /** Resolves when it is this work's round, in the order of the calls; at once where the clock cannot yield. */
  next(): Promise<void> {
    const { yield: rest } = this.#clock;
    if (rest === undefined) return Promise.resolve();
    // A round that failed is over too: nobody loses their tokens by it.
    this.#last = this.#last.then(() => rest()).catch(() => undefined);
    return this.#last;
  }
}
