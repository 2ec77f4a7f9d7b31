/** When the refreshes of one process begin: for each provider so many at once, and as far apart as what one of them costs says. */
import type { Clock } from "../contracts.ts";
import { Pace } from "./pace.ts";
import { Slots } from "./slots.ts";

/** Calls of one process to a provider; those behind them wait their turn before they look at the row and take a lease. */
const CALLS = { most: 64, burst: 4, together: 4 };
/**
 * Refreshes take a fifth of a processor, so that a thousand sessions whose tokens run out together do not keep all others
 * waiting; and the last of the thousand begins before a request gives up.
 */
const PACE = { gap: 5, share: 0.2, least: 2, most: 8 };

export class Turns {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #slots = new Map<string, Slots>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#pace = new Pace(PACE, clock);
  }

  of(provider: string): Slots {
    const known = this.#slots.get(provider) ?? new Slots({ ...CALLS, gap: () => this.#pace.begin() }, this.#clock);
    this.#slots.set(provider, known);
    return known;
  }
}
