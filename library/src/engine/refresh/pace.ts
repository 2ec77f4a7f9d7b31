/** How far apart refreshes begin, from what one of them costs this process. */
import type { Clock } from "../../contracts.ts";

export interface PaceLimits {
  /** Milliseconds from one beginning to the next where the clock reads no processor time. */
  readonly gap: number;
  /** The part of one processor that refreshes may take. */
  readonly share: number;
  /** Shortest and longest gap: nobody floods a provider, and nobody starves behind a busy process. */
  readonly least: number;
  readonly most: number;
}

/** How long processor time is counted before it says something, milliseconds. */
const WINDOW = 250;
/** As many beginnings in a window, and what it took says what one of them costs. */
const ENOUGH = 10;
/** Below so many a millisecond the window is one of everything else. */
const QUIET = 0.01;
/** How much a window's figure counts over those before it. */
const WEIGHT = 0.25;

/**
 * Follows what a refresh costs: the processor time of the process, less what it uses while hardly anything is
 * refreshed, divided by the refreshes. When everything else has become more since, that looks like dearer refreshes,
 * and they slow down, which is what a busy process needs.
 */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #clock: Pick<Clock, "monotonic" | "cpu">;
  #gap: number;
  #cost: number | null = null;
  /** Processor time of everything else, milliseconds in one. */
  #calm = 0;
  #begun = 0;
  #from: number;
  #used: number;

  constructor(limits: PaceLimits, clock: Pick<Clock, "monotonic" | "cpu">) {
    this.#limits = limits;
    this.#clock = clock;
    this.#gap = limits.gap;
    this.#from = clock.monotonic();
    this.#used = clock.cpu?.() ?? 0;
  }

  /** One begins. How long until the next one may, milliseconds. */
  begin(): number {
    const now = this.#clock.monotonic();
    if (now - this.#from >= WINDOW && this.#clock.cpu !== undefined) this.#learn(now, this.#clock.cpu());
    this.#begun += 1;
    return this.#gap;
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
      this.#gap = Math.min(most, Math.max(least, this.#cost / share));
    }
    this.#begun = 0;
    this.#from = now;
    this.#used = used;
  }
}
