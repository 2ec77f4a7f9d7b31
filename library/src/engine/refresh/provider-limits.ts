/**
 * The rate limiters of one process for refreshes: one for each provider, whose interval follows what a refresh costs.
 */
import type { Clock } from "../../contracts.ts";
import { RateLimiter } from "../lifecycle/rate-limiter.ts";
import { OneByOne } from "./one-by-one.ts";
import { Pace } from "./pace.ts";

/**
 * Concurrent calls of one process to a provider; others wait for their turn before they read the row and take a lease.
 */
const CALLS = { concurrency: 64, burst: 4, batch: 8 };
/**
 * Refreshes take a fifth of a processor, so that a thousand sessions whose tokens run out together do not delay all
 * other requests; and the last of the thousand begins before a request gives up.
 */
const PACE = { interval: 5, share: 0.2, least: 2, most: 8 };

export class ProviderLimits {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #limiters = new Map<string, RateLimiter>();
  readonly #oneByOne: OneByOne;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#pace = new Pace(PACE, clock);
    this.#oneByOne = new OneByOne(clock);
  }

  /**
   * Resolves when this refresh may go on: of those that begin or are answered together, one goes on in each round of
   * the event loop.
   */
  yieldOnce(): Promise<void> {
    return this.#oneByOne.next();
  }

  of(provider: string): RateLimiter {
    const known = this.#limiters.get(provider) ?? this.#begin();
    this.#limiters.set(provider, known);
    return known;
  }

  #begin(): RateLimiter {
    return new RateLimiter({ ...CALLS, interval: () => this.#pace.begin(), ready: () => this.yieldOnce() }, this.#clock);
  }
}
