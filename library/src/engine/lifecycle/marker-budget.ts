/** How many markers may be left behind for sessions that are not here, by notices that nobody vouches for. */
import type { Clock } from "../../contracts.ts";

/** As long as such a marker stands. */
const HOUR = 3_600_000;
/** The hour moves on in steps of a minute, so that counting takes the same room whatever comes. */
const STEP = 60_000;

/** A rate limiter: a number of markers within an hour, in this process. */
export class MarkerBudget {
  readonly #most: number;
  readonly #clock: Pick<Clock, "monotonic">;
  /** How many were left in each step, the oldest first. */
  #steps: { readonly step: number; count: number }[] = [];

  constructor(most: number, clock: Pick<Clock, "monotonic">) {
    this.#most = most;
    this.#clock = clock;
  }

  /** Whether there is room for one more, which is then taken. */
  take(): boolean {
    const step = Math.floor(this.#clock.monotonic() / STEP);
    this.#steps = this.#steps.filter((one) => (step - one.step) * STEP <= HOUR);
    if (this.#steps.reduce((sum, { count }) => sum + count, 0) >= this.#most) return false;
    const latest = this.#steps.at(-1);
    if (latest?.step === step) latest.count += 1;
    else this.#steps.push({ step, count: 1 });
    return true;
  }
}
