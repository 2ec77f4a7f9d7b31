/** Reads the parameter `cache` of a store's address. */
import { parseDuration } from "coatcheck/settings";

const [LEAST, MOST] = [10, 60_000];
export const USABLE_CACHE = "It is how long a row may let requests in: 1s, 500ms, from 10ms to 1m.";

/** Milliseconds; `undefined`: nothing is kept; `null`: it is none. */
export function cacheOf(raw: string | undefined): number | undefined | null {
  if (raw === undefined) return undefined;
  const milliseconds = parseDuration(raw);
  return milliseconds !== undefined && milliseconds >= LEAST && milliseconds <= MOST ? milliseconds : null;
}
