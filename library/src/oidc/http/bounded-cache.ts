/** A bounded LRU cache with a lifetime for each entry. */
import type { Clock } from "../../contracts.ts";

/** A bounded cache: what was not asked for longest goes first. */
export class KeptAnswers<T> {
  readonly #most: number;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(most: number, clock: Clock) {
    this.#most = most;
    this.#clock = clock;
  }

  get(key: string): T | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    this.#kept.delete(key);
    if (found.until <= this.#clock.monotonic()) return undefined;
    this.#kept.set(key, found);
    return found.value;
  }

  /** Keeps it for so many milliseconds; not at all for none. */
  set(key: string, value: T, lasts: number): void {
    if (!(lasts > 0)) return;
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: this.#clock.monotonic() + lasts });
    if (this.#kept.size <= this.#most) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }

  get size(): number {
    return this.#kept.size;
  }
}
