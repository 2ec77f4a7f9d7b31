/** What one kind of setting makes of one value. */

import type { Kind } from "../src/config/kinds/kind.ts";
import { Place } from "../src/config/sources/place.ts";

/** The value, or in words what is wrong with it: a `!`, the headline, and the lines below it. */
export function readKind<Value>(kind: Kind<Value>, raw: unknown, directory = "/"): unknown {
  const place = new Place({ given: new Map(), variables: new Map(), directory });
  const value = kind.read(raw, place);
  if (place.problems.length === 0) return value;
  return place.problems.map(({ headline, lines }) => ["!", headline, ...lines].join(" ")).join("\n");
}

export const isRefused = <Value>(kind: Kind<Value>, raw: unknown): boolean => /^! /.test(String(readKind(kind, raw)));
