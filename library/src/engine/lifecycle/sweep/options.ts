/** How often dead rows are deleted, in which batches, and for how long at a time. */
import { type Duration, durationOption } from "../../../core/options/settings.ts";

/**
 * How dead rows are deleted: those of sessions that expired, ended, or were idle for twice the idle time, and of
 * one-time markers. What lives is never among them.
 *
 * @example
 * ```ts
 * import type { SweepOptions } from "coatcheck";
 * const sweep: SweepOptions = { every: "15m", batch: 500 };
 * const auth = coatcheck({ sweep, … });
 * ```
 */
export interface SweepOptions {
  /**
   * The time between two sweeps, give or take a fifth, so that replicas that started together do not stay together.
   * Over all processes of a store that several share one sweep is enough: the others skip theirs. `false`: none begins
   * by itself, `auth.sweep()` does it. From `1m` to `7d`; default `1h`.
   */
  readonly every?: Duration | false;
  /** Most rows that one call deletes; fewer if it takes long. From 1 to 10,000; default 1,000. */
  readonly batch?: number;
  /** A sweep stops after this long, and the next one goes on from there. From `1s` to `1d`; default `10m`. */
  readonly within?: Duration;
}

/** The same, complete; times in milliseconds. */
export interface SweepPlan {
  readonly every: number | false;
  readonly batch: number;
  readonly within: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** Completes and checks the options. Throws a `TypeError` that names the option. */
export function sweepPlan({ every = "1h", batch = 1_000, within = "10m" }: SweepOptions = {}): SweepPlan {
  if (!Number.isInteger(batch) || batch < 1 || batch > 10_000) {
    throw new TypeError(`sweep.batch is ${batch}; it can be a whole number from 1 to 10000`);
  }
  return {
    every: every === false ? false : durationOption("sweep.every", every, MINUTE, 7 * DAY),
    batch,
    within: durationOption("sweep.within", within, SECOND, DAY),
  };
}
