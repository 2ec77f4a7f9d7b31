import type { Clock } from "../../contracts.ts";
import { parseLease } from "../../core/renewal.ts";

/**
 * Watches the lease of one row on this process's own monotonic clock; clocks are never compared (docs/design.md §1.7).
 * Lease texts are unique, so one that is read twice stood all the while between the two readings.
 */
export class LeaseWatch {
  readonly #clock: Clock;
  #seen: { readonly lease: string; readonly since: number } | null = null;
  #own: { readonly lease: string; readonly until: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What the row's lease means for us. `before`: when the reading began.
   * `ran-out`: it stood for its whole length under our eyes, so whoever took it holds it no more.
   */
  judge(lease: string | null, before: number): "free" | "ours" | "stands" | "ran-out" {
    if (lease === null) return "free";
    if (lease === this.#own?.lease && this.inTime()) return "ours";
    if (lease !== this.#seen?.lease) {
      // mutant: wall-clock-lease
      this.#seen = { lease, since: this.#clock.monotonic() };
      return "stands";
    }
    // mutant: lease-age
    return before - this.#seen.since >= parseLease(lease).length ? "ran-out" : "stands";
  }

  /**
   * This lease is about to be asked for; the token has to be sent within the margin, for the call has to end before the
   * lease does.
   */
  asked(lease: string, margin: number): void {
    this.#own = { lease, until: this.#clock.monotonic() + margin };
  }

  /** Whether there is still time to send. A process that was stopped since may find its lease taken over. */
  inTime(): boolean {
    return this.#own !== null && this.#clock.monotonic() < this.#own.until;
  }

  /** How long to wait until the next look: about `usual`, and no longer than the lease is still to be watched. */
  pause(usual: number, chance: number): number {
    const pause = usual * (0.5 + chance / 2);
    if (this.#seen === null) return 0;
    const left = this.#seen.since + parseLease(this.#seen.lease).length - this.#clock.monotonic();
    return left > 0 ? Math.min(pause, Math.ceil(left)) : 0;
  }
}
