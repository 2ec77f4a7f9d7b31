/** One-time markers of this process alone, where no store keeps them. */

interface Marker {
  readonly until: number;
  readonly value: string;
}

/** Past it the oldest are dropped. */
const MOST = 10_000;

/**
 * As a store's markers, but in this process: a login's answer is used once here, and by another process only if the
 * provider takes a code twice.
 */
export class LocalMarkers {
  readonly #markers = new Map<string, Marker>();

  mark(key: string, until: number, now: number, value = ""): boolean {
    const first = this.marked(key, now) === undefined;
    this.#markers.delete(key);
    if (this.#markers.size >= MOST) this.#makeRoom(now);
    this.#markers.set(key, { until, value });
    return first;
  }

  marked(key: string, now: number): string | undefined {
    const marker = this.#markers.get(key);
    return marker !== undefined && marker.until > now ? marker.value : undefined;
  }

  #makeRoom(now: number): void {
    for (const [key, { until }] of this.#markers) if (until <= now) this.#markers.delete(key);
    const [oldest] = this.#markers.keys();
    if (oldest !== undefined && this.#markers.size >= MOST) this.#markers.delete(oldest);
  }
}
