import type { Clock } from "../../contracts.ts";

export interface SlotLimits {
  /** Works that run at once. */
  readonly most: number;
  /** Works that may begin together after a quiet time. */
  readonly burst: number;
  /** Milliseconds from one beginning to the next, past those; asked at each beginning where it changes. */
  readonly gap: number | (() => number);
  /**
   * So many of them share a beginning, as late as the last of them: what one wakes and warms up serves the others.
   * Default 1.
   */
  readonly together?: number;
  /** Those who share a beginning begin when this resolves. */
  readonly aside?: () => Promise<void>;
}

/**
 * Lets works run in the order in which they came, no more than a number at once, and spaced: each costs this process a
 * little, and a crowd of them would keep everybody else waiting.
 */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #clock: Pick<Clock, "monotonic" | "sleep">;
  readonly #waiting: (() => void)[] = [];
  #free: number;
  /** When the next one would begin if all of them had kept their distance. */
  #next = Number.NEGATIVE_INFINITY;
  /** When those begin who wait for their turn until then. */
  #shared = Number.NEGATIVE_INFINITY;

  constructor(limits: SlotLimits, clock: Pick<Clock, "monotonic" | "sleep">) {
    this.#limits = limits;
    this.#clock = clock;
    this.#free = limits.most;
  }

  /** `pass`: called by a work that finds nothing to do; its distance from the next one is given back. */
  run<T>(work: (pass: () => void) => Promise<T>): Promise<T> {
    // Of a crowd that waits nothing is kept but this.
    if (this.#free === 0) return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#begin(work));
    this.#free -= 1;
    return this.#begin(work);
  }

  async #begin<T>(work: (pass: () => void) => Promise<T>): Promise<T> {
    try {
      const gap = this.#gap();
      const pause = this.#pause(gap);
      if (pause > 0) {
        await this.#clock.sleep(pause);
        await this.#limits.aside?.();
      }
      return await work(() => {
        this.#next -= gap;
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #gap(): number {
    const { gap } = this.#limits;
    return typeof gap === "number" ? gap : gap();
  }

  #pause(gap: number): number {
    const { burst, together = 1 } = this.#limits;
    const now = this.#clock.monotonic();
    const turn = Math.max(now, this.#next);
    this.#next = turn + gap;
    const due = turn - (burst - 1) * gap;
    if (due <= now && this.#shared <= now) return 0;
    if (due > this.#shared) this.#shared = due + (together - 1) * gap;
    return this.#shared - now;
  }
}
