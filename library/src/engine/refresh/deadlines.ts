/** Time limits that share one timer: a thousand requests that wait would else have a thousand timers. */
import type { Clock } from "../../contracts.ts";

/** A time limit. */
export interface Deadline {
  /** On the monotonic clock, milliseconds. */
  readonly at: number;
  /** It is not waited for any more; `expire` must not be called. */
  readonly over: boolean;
  /** The limit has been reached. */
  expire(): void;
}

/** A queue up to this length is not cleaned: searching it is not worth it. */
const FEW = 64;

/**
 * Timers fire up to a millisecond early, and sums of times are rounded: the limit counts as reached that much earlier.
 */
const EARLY = 1;

/** Calls each at its time, in the order of their times. */
export class Deadlines {
  readonly #clock: Pick<Clock, "monotonic" | "sleep">;
  /** Sorted by time, the earliest first. */
  #line: Deadline[] = [];
  /** How many in the queue are not over. */
  #open = 0;
  #sleeping: { readonly until: number; readonly stop: AbortController } | null = null;

  constructor(clock: Pick<Clock, "monotonic" | "sleep">) {
    this.#clock = clock;
  }

  add(deadline: Deadline): void {
    // Nearly always the new one is later than all others.
    const before = this.#line.findLastIndex(({ at }) => at <= deadline.at);
    this.#line.splice(before + 1, 0, deadline);
    this.#open += 1;
    if (this.#sleeping === null || deadline.at < this.#sleeping.until) this.#sleep(deadline.at);
  }

  /** One of those that were added is over. */
  remove(): void {
    this.#open -= 1;
    if (this.#open === 0) {
      this.#line = [];
      this.#wake();
    } else if (this.#line.length > FEW && this.#line.length > this.#open * 2) {
      this.#line = this.#line.filter(({ over }) => !over);
    }
  }

  #wake(): void {
    // With a reason: creating an exception for each abort would cost more than the waiting.
    this.#sleeping?.stop.abort("over");
    this.#sleeping = null;
  }

  #sleep(until: number): void {
    this.#wake();
    const stop = new AbortController();
    this.#sleeping = { until, stop };
    const left = Math.max(0, until - this.#clock.monotonic());
    this.#clock.sleep(left, stop.signal).then(
      () => this.#expire(stop),
      () => undefined,
    );
  }

  #expire(stop: AbortController): void {
    // Another sleep began in the moment in which this one ended.
    if (this.#sleeping?.stop !== stop) return;
    this.#sleeping = null;
    const now = this.#clock.monotonic();
    const later = this.#line.findIndex(({ at, over }) => !over && at >= now + EARLY);
    const due = this.#line.splice(0, later < 0 ? this.#line.length : later);
    for (const one of due) if (!one.over) one.expire();
    const [next] = this.#line;
    if (next !== undefined && this.#sleeping === null) this.#sleep(next.at);
  }
}
