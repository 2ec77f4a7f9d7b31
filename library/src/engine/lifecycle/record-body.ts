/** The body of a row, parsed lazily and cached by its row. */
import type { Identity, JsonObject, RecordBody, SessionRow, StoreCapabilities } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { isKept } from "../../core/hot-rows.ts";
import { parseBehind, parseBody, parseIdentity, readable } from "../../core/record.ts";

/**
 * A row's body, parsed as far as it is read. What is handed out is frozen first: requests may share it, and the next
 * write stores it again.
 */
export class Body {
  readonly #row: SessionRow;
  #identity: Identity | null = null;
  /** The index behind the identity; 0 if the identity has not been parsed alone. */
  #end = 0;
  #parsed: RecordBody | null = null;
  #identityShown = false;
  #dataShown = false;

  /** Throws `ERR_RECORD_FORMAT` for one of another release. */
  constructor(row: SessionRow) {
    if (!readable(row)) throw new CoatcheckError("ERR_RECORD_FORMAT");
    this.#row = row;
  }

  get identity(): Identity | null {
    if (!this.#identityShown) this.#showIdentity();
    return this.#identity;
  }

  get data(): JsonObject {
    const { data } = this.#whole();
    if (!this.#dataShown) freezeParsed(data);
    this.#dataShown = true;
    return data;
  }

  /** The provider's tokens, sealed. */
  get tokens(): string | null {
    return this.#whole().tokens;
  }

  get provider(): string | null {
    return this.#whole().provider;
  }

  /** All of it. */
  get record(): RecordBody {
    return { ...this.#whole(), identity: this.identity, data: this.data };
  }

  #showIdentity(): void {
    const part = this.#parsed === null ? parseIdentity(this.#row) : null;
    this.#end = part?.end ?? 0;
    this.#identity = part === null ? this.#whole().identity : part.identity;
    freezeParsed(this.#identity);
    this.#identityShown = true;
  }

  #whole(): RecordBody {
    this.#parsed ??= this.#end === 0 ? parseBody(this.#row) : parseBehind(this.#row, this.#identity, this.#end);
    return this.#parsed;
  }
}

// Only for rows that the store hands out again: an entry for each row that is read once would cost the garbage
// collector more than the parsing.
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
 * The same for parsed JSON, which has no cycles: children are frozen before their parent, which takes a third of the
 * time. For a row that is read once, freezing still costs a third of parsing.
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
