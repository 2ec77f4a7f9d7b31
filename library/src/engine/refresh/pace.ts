/** The adaptive interval of a rate limiter: refreshes begin as far apart as one of them costs this process. */
import type { Clock } from "../../contracts.ts";

interface PaceLimits {
  /** Milliseconds from one beginning to the next if the clock reads no processor time. */
  readonly interval: number;
  /** The part of one processor that refreshes may take. */
  readonly share: number;
  /**
   * The shortest interval, so that a provider is not flooded, and the longest, so that a busy process starves no
   * session.
   */
  readonly least: number;
  readonly most: number;
}

/** The window in which processor time is measured, milliseconds. */
const WINDOW = 250;
/** The fewest refreshes in a window from which the cost of one is derived. */
const ENOUGH = 10;
/** With fewer per millisecond the window measures the cost of everything else. */
const QUIET = 0.01;
/** The weight of a window in the moving average. */
const WEIGHT = 0.25;

/**
 * Measures what a refresh costs: the processor time of the process, less its use while hardly anything is refreshed,
 * divided by the number of refreshes. If the rest of the process has become busier since, refreshes seem to cost more
 * and slow down, which is what a busy process needs.
 */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #clock: Pick<Clock, "monotonic" | "cpu">;
  #interval: number;
  #cost: number | null = null;
  /** Processor time of everything else, milliseconds in one. */
  #calm = 0;
  #begun = 0;
  #from: number;
  #used: number;

  constructor(limits: PaceLimits, clock: Pick<Clock, "monotonic" | "cpu">) {
    this.#limits = limits;
    this.#clock = clock;
    this.#interval = limits.interval;
    this.#from = clock.monotonic();
    this.#used = clock.cpu?.() ?? 0;
  }

  /** One begins. Answers how long until the next one may, milliseconds. */
  begin(): number {
    const now = this.#clock.monotonic();
    if (now - this.#from >= WINDOW && this.#clock.cpu !== undefined) this.#learn(now, this.#clock.cpu());
    this.#begun += 1;
    return this.#interval;
  }

  #learn(now: number, used: number): void {
    const elapsed = now - this.#from;
    const spent = used - this.#used;
    if (this.#begun < elapsed * QUIET) {
      this.#calm = Math.max(0, spent - this.#begun * (this.#cost ?? 0)) / elapsed;
    } else if (this.#begun >= ENOUGH) {
      const cost = Math.max(0, spent - this.#calm * elapsed) / this.#begun;
      this.#cost = this.#cost === null ? cost : this.#cost + (cost - this.#cost) * WEIGHT;
      const { share, least, most } = this.#limits;
      this.#interval = Math.min(most, Math.max(least, this.#cost / share));
    }
    this.#begun = 0;
    this.#from = now;
    this.#used = used;
  }
}
