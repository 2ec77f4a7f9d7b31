/** Spreads tasks that wake together over rounds of the event loop, one in each: other events are handled in between. */
import type { Clock } from "../../contracts.ts";

/**
 * A queue of one task for each round: without breaks a burst of tasks would delay all requests; with long ones caches
 * go cold.
 */
export class OneByOne {
  readonly #clock: Pick<Clock, "yield">;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Pick<Clock, "yield">) {
    this.#clock = clock;
  }

  /** Resolves in this task's round, in the order of the calls; at once if the clock cannot yield. */
  next(): Promise<void> {
    const { yield: rest } = this.#clock;
    if (rest === undefined) return Promise.resolve();
    // A round that failed is over too: no session loses its tokens by it.
    this.#last = this.#last.then(() => rest()).catch(() => undefined);
    return this.#last;
  }
}
