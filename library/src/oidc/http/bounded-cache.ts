/** A bounded LRU cache with a lifetime for each entry. */
import type { Clock } from "../../contracts.ts";

/** A bounded LRU cache: the entry that was read least recently goes first. */
export class BoundedCache<T> {
  readonly #most: number;
  readonly #clock: Clock;
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(most: number, clock: Clock) {
    this.#most = most;
    this.#clock = clock;
  }

  get(key: string): T | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    if (found.until <= this.#clock.monotonic()) return undefined;
    this.#entries.set(key, found);
    return found.value;
  }

  /** Caches it for so many milliseconds; for 0 or less not at all. */
  set(key: string, value: T, lasts: number): void {
    if (!(lasts > 0)) return;
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#clock.monotonic() + lasts });
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  get size(): number {
    return this.#entries.size;
  }
}
