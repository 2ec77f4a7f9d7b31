import type { RecordBody, SessionRow } from "../contracts.ts";
import { parseBody } from "../core/record.ts";

// Rows are immutable values, so a parsed body belongs to its row object; a store that hands out the same object saves the parsing.
const parsed = new WeakMap<SessionRow, RecordBody>();

/** The row's body, parsed when it is first asked for, and frozen: it may be shared by requests. */
export function bodyOf(row: SessionRow): RecordBody {
  const known = parsed.get(row);
  if (known !== undefined) return known;
  const body = parseBody(row);
  freeze(body.data);
  freeze(body.identity);
  parsed.set(row, body);
  return body;
}

/** Freezes a value all the way down, so that no handler changes what another request reads. */
export function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
