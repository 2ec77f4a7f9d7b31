/** Judges leases by this process's own monotonic clock. */
import type { Clock } from "../../contracts.ts";
import { parseLease } from "../../core/refresh.ts";

/**
 * Watches the lease of one row on this process's own monotonic clock; clocks of processes are never compared
 * (docs/design.md §1.7). Lease texts are unique, so one that is read twice was held without a break between the two
 * reads.
 */
export class LeaseWatch {
  readonly #clock: Clock;
  #seen: { readonly lease: string; readonly since: number } | null = null;
  #own: { readonly lease: string; readonly until: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What the row's lease means for this process. `before`: when the read began. `ran-out`: we watched it for its whole
   * length, so its holder holds it no more.
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
   * This lease is about to be written; the token has to be sent within the margin, so that the call ends before the
   * lease does.
   */
  asked(lease: string, margin: number): void {
    this.#own = { lease, until: this.#clock.monotonic() + margin };
  }

  /** Whether there is still time to send. The lease of a process that stood still may have been taken over. */
  inTime(): boolean {
    return this.#own !== null && this.#clock.monotonic() < this.#own.until;
  }

  /** How long to wait until the next look: about `usual`, with jitter, and no longer than the rest of the lease. */
  pause(usual: number, chance: number): number {
    const pause = usual * (0.5 + chance / 2);
    if (this.#seen === null) return 0;
    const left = this.#seen.since + parseLease(this.#seen.lease).length - this.#clock.monotonic();
    return left > 0 ? Math.min(pause, Math.ceil(left)) : 0;
  }
}
