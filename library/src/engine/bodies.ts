import type { Identity, JsonObject, RecordBody, SessionRow, StoreCapabilities } from "../contracts.ts";
import { isKept } from "../core/hot-rows.ts";
import { parseBody } from "../core/record.ts";

/** A row's body, parsed. What is shown of it is frozen first: requests may share it, and the next write keeps it. */
export class Body {
  readonly #parsed: RecordBody;
  #identityShown = false;
  #dataShown = false;

  constructor(row: SessionRow) {
    this.#parsed = parseBody(row);
  }

  get identity(): Identity | null {
    if (!this.#identityShown) freezeParsed(this.#parsed.identity);
    this.#identityShown = true;
    return this.#parsed.identity;
  }

  get data(): JsonObject {
    if (!this.#dataShown) freezeParsed(this.#parsed.data);
    this.#dataShown = true;
    return this.#parsed.data;
  }

  /** The provider's tokens, sealed. */
  get tokens(): string | null {
    return this.#parsed.tokens;
  }

  get provider(): string | null {
    return this.#parsed.provider;
  }

  /** All of it. */
  get record(): RecordBody {
    return { ...this.#parsed, identity: this.identity, data: this.data };
  }
}

// Only for rows that come again: an entry for each row that is read once costs the garbage collector more than the parsing.
const kept = new WeakMap<SessionRow, Body>();

/** The row's body. Throws `ERR_RECORD_FORMAT` for one that cannot be read. */
export function bodyOf(row: SessionRow, capabilities: StoreCapabilities): Body {
  const known = kept.get(row);
  if (known !== undefined) return known;
  const body = new Body(row);
  if (isKept(capabilities, row)) kept.set(row, body);
  return body;
}

/** Freezes a value all the way down, so that no handler changes what another request reads. */
export function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) {
    if (typeof inner === "object") freeze(inner);
  }
}

/**
 * The same for what was parsed, which has no circles: walked first and frozen afterwards. That takes a third of the
 * time, and for a row that does not come again freezing costs a third of what parsing does.
 */
function freezeParsed(value: unknown): void {
  if (Array.isArray(value)) {
    for (const inner of value) if (typeof inner === "object") freezeParsed(inner);
  } else if (isObject(value)) {
    for (const key in value) {
      if (typeof value[key] === "object") freezeParsed(value[key]);
    }
  }
  Object.freeze(value);
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}
