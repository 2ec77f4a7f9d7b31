/** How long one request waits for refreshes in all. */
import type { Clock } from "../../contracts.ts";

/**
 * A time limit that all waits of a request share: admission and every use of the access token together wait no longer
 * than one of them may (F-35). What the handler does in between does not count; waits at the same time count once.
 */
export class WaitBudget {
  readonly #clock: Pick<Clock, "monotonic">;
  #left: number;
  #waiting = 0;
  #since = 0;

  constructor(limit: number, clock: Pick<Clock, "monotonic">) {
    this.#left = limit;
    this.#clock = clock;
  }

  /** A wait begins. Answers how long it may take, milliseconds. */
  begin(): number {
    const now = this.#clock.monotonic();
    if (this.#waiting === 0) this.#since = now;
    this.#waiting += 1;
    return Math.max(0, this.#left - (now - this.#since));
  }

  end(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#left -= this.#clock.monotonic() - this.#since;
  }
}
