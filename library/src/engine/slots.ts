import type { Clock } from "../contracts.ts";

export interface SlotLimits {
  /** Works that run at once. */
  readonly most: number;
  /** Works that may begin together after a quiet time. */
  readonly burst: number;
  /** Milliseconds from one beginning to the next, past those; asked at each beginning where it changes. */
  readonly gap: number | (() => number);
}

/**
 * Lets works run in the order in which they came, no more than a number at once, and spaced: each costs this process a little, and a crowd of
 * them would keep everybody else waiting.
 */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #clock: Pick<Clock, "monotonic" | "sleep">;
  readonly #waiting: (() => void)[] = [];
  #free: number;
  /** When the next one would begin if all of them had kept their distance. */
  #next = Number.NEGATIVE_INFINITY;

  constructor(limits: SlotLimits, clock: Pick<Clock, "monotonic" | "sleep">) {
    this.#limits = limits;
    this.#clock = clock;
    this.#free = limits.most;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      const pause = this.#pause();
      if (pause > 0) await this.#clock.sleep(pause);
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #pause(): number {
    const { burst } = this.#limits;
    const gap = typeof this.#limits.gap === "number" ? this.#limits.gap : this.#limits.gap();
    const now = this.#clock.monotonic();
    const turn = Math.max(now, this.#next);
    this.#next = turn + gap;
    return turn - (burst - 1) * gap - now;
  }
}
