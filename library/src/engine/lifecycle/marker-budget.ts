/** The rate limit of markers for sessions that do not exist, which unproven logout notifications set. */
import type { Clock } from "../../contracts.ts";

/** How long such a marker stands. */
const HOUR = 3_600_000;
/** A sliding window in steps of a minute, so that the memory for counting is bounded. */
const STEP = 60_000;

/** A sliding-window rate limiter: a number of markers within an hour, in this process. */
export class MarkerBudget {
  readonly #most: number;
  readonly #clock: Pick<Clock, "monotonic">;
  /** The number of markers in each step, the oldest first. */
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
