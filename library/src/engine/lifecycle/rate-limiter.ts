/** A rate limiter with bounded concurrency: for refreshes, revocations, and endings that are tried again. */
import type { Clock } from "../../contracts.ts";

interface RateLimit {
  /** How many tasks run at once. */
  readonly concurrency: number;
  /** How many tasks may begin together after a quiet time. */
  readonly burst: number;
  /**
   * Milliseconds from one beginning to the next after a burst; a function, if it changes, is called at each beginning.
   */
  readonly interval: number | (() => number);
  /** So many tasks begin together, at the time of the last of them, since they run faster on warm caches. Default 1. */
  readonly batch?: number;
  /** Each task that had to wait begins when this resolves. */
  readonly ready?: () => Promise<void>;
}

/**
 * A rate limiter: runs tasks in their order, with bounded concurrency and a least interval, since a burst of them would
 * delay all requests of this process.
 */
export class RateLimiter {
  readonly #limits: RateLimit;
  readonly #clock: Pick<Clock, "monotonic" | "sleep">;
  readonly #waiting: (() => void)[] = [];
  #free: number;
  /** When the next task would begin without any burst. */
  #next = Number.NEGATIVE_INFINITY;
  /** When the tasks of the current batch begin. */
  #shared = Number.NEGATIVE_INFINITY;

  constructor(limits: RateLimit, clock: Pick<Clock, "monotonic" | "sleep">) {
    this.#limits = limits;
    this.#clock = clock;
    this.#free = limits.concurrency;
  }

  /** `pass`: to be called by a task that finds nothing to do; its interval is given back. */
  run<T>(work: (pass: () => void) => Promise<T>): Promise<T> {
    // All that is held of a waiting task.
    if (this.#free === 0) return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#begin(work));
    this.#free -= 1;
    return this.#begin(work);
  }

  async #begin<T>(work: (pass: () => void) => Promise<T>): Promise<T> {
    try {
      const interval = this.#interval();
      const pause = this.#delay(interval);
      if (pause > 0) {
        await this.#clock.sleep(pause);
        await this.#limits.ready?.();
      }
      return await work(() => {
        this.#next -= interval;
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #interval(): number {
    const { interval } = this.#limits;
    return typeof interval === "number" ? interval : interval();
  }

  #delay(interval: number): number {
    const { burst, batch = 1 } = this.#limits;
    const now = this.#clock.monotonic();
    const turn = Math.max(now, this.#next);
    this.#next = turn + interval;
    const due = turn - (burst - 1) * interval;
    if (due <= now && this.#shared <= now) return 0;
    if (due > this.#shared) this.#shared = due + (batch - 1) * interval;
    return this.#shared - now;
  }
}
