/** A marker as one string: its head, its key, then its value. The name of the Redis key is a digest. */
import type { Marker } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { timeText } from "./row-text.ts";

const UNTIL = timeText(0).length;

/** What follows the end of a marker. A length before the key, in UTF-16 units, so that it may hold anything. */
export const markerTail = (key: string, value: string): string => `${key.length}:${key}${value}`;

/** What stands between the end of a marker and its key: who set it, which is for scripts alone. */
const SETTER_LENGTH = 9;

/** The marker in a stored text. Throws `ERR_RECORD_FORMAT` for one that this release cannot read. */
export function decodeMarker(stored: string): Marker {
  const named = stored.startsWith("n");
  const text = named ? stored.slice(1, 1 + UNTIL) + stored.slice(1 + UNTIL + SETTER_LENGTH) : stored;
  const colon = text.indexOf(":", UNTIL);
  const length = Number(text.slice(UNTIL, colon));
  const until = Number(text.slice(0, UNTIL));
  if (colon <= UNTIL || !Number.isSafeInteger(length) || !Number.isSafeInteger(until)) {
    throw new CoatcheckError("ERR_RECORD_FORMAT");
  }
  const value = colon + 1 + length;
  return { key: text.slice(colon + 1, value), until, value: text.slice(value) };
}
