/** The cookies of a sealed session: read, set and cleared, and the small one that says when its user was last here. */
import type { SealedRow, Sealing, SessionRow, StatelessStore } from "../../contracts.ts";
import { readCookies } from "../../cookie/parse.ts";
import {
  type CookieSpec,
  clearCookie,
  defineCookie,
  MAX_AGE_SECONDS,
  MAX_COOKIE_BYTES,
  setCookie,
} from "../../cookie/serialize.ts";
import { equalHash } from "../../crypto/equal.ts";
import type { Keyring } from "../../crypto/keyring.ts";

/** What the cookies of our name in a request come to, one for each that stands there. */
type OpenedCookie =
  | { readonly kind: "session"; readonly row: SealedRow }
  | { readonly kind: "newer" }
  | { readonly kind: "malformed" };

interface SessionCookiesOptions {
  /** The session's cookie, which holds the first part. */
  readonly spec: CookieSpec;
  readonly keyring: Pick<Keyring, "seal" | "open" | "deriveHash" | "deriveHashes">;
  readonly store: Pick<StatelessStore, "seal" | "open">;
  /** Whether the cookies outlive the browser's window. */
  readonly persistent: boolean;
}

/**
 * The most that a session's cookies add to a `Cookie` header, in bytes. Beside them stay 1,280 for logins in progress
 * and some for the time of the last visit, so that all of ours are below 8 KiB (CK-06).
 */
const MOST_BYTES = 6_656;
/** What a cookie adds to the header beside its name and value: `=` and `; `. */
const BETWEEN = 3;
const PURPOSE = "session";
const NOTHING: readonly OpenedCookie[] = Object.freeze([]);
const MALFORMED: OpenedCookie = Object.freeze({ kind: "malformed" });
const NEWER: OpenedCookie = Object.freeze({ kind: "newer" });

/**
 * The first part of a session is in the session's own cookie, the rest in `<name>.1`. All of it is one sealed text, so
 * parts of two sessions do not open (CK-07).
 *
 * When the user was last here is in a cookie of its own, `<name>.seen`. So an answer that only says that they were here
 * sets no session's cookie: however late it comes, it brings no older state back, and no session that was logged out
 * meanwhile (SE-13).
 */
export class SessionCookies {
  readonly #options: SessionCookiesOptions;
  readonly #specs: readonly [CookieSpec, ...CookieSpec[]];
  readonly #seen: CookieSpec;
  readonly #sealing: Sealing;

  constructor(options: SessionCookiesOptions) {
    const { spec, keyring } = options;
    const second = defineCookie({ ...spec, name: `${spec.name}.1` });
    this.#options = options;
    this.#specs = [spec, second];
    this.#seen = defineCookie({ ...spec, name: `${spec.name}.seen` });
    const first = longestValue(spec);
    const left = MOST_BYTES - (spec.name.length + first + BETWEEN) - (second.name.length + BETWEEN);
    this.#sealing = {
      room: [first, Math.min(left, longestValue(second))],
      seal: (text) => keyring.seal(PURPOSE, text, spec.name),
      open(sealed) {
        const opened = keyring.open(PURPOSE, sealed, spec.name);
        return opened.kind === "opened" ? opened.plaintext : undefined;
      },
    };
  }

  /** The sessions in a `Cookie` header. Usually one; what does not open is `malformed`, whatever is wrong with it. */
  read(header: string | undefined): readonly OpenedCookie[] {
    const [first, ...others] = this.#specs;
    const values = readCookies(header, first.name);
    if (values.length === 0) return NOTHING;
    const rest: string[] = [];
    for (const { name } of others) {
      const [value, another] = readCookies(header, name, 2);
      // It cannot be told which of two belongs to the session.
      if (value === undefined || another !== undefined) break;
      rest.push(value);
    }
    return values.map((value) => this.#opened([value, ...rest], header));
  }

  #opened(values: readonly string[], header: string | undefined): OpenedCookie {
    const row = this.#options.store.open(values, this.#sealing);
    if (row === undefined) return MALFORMED;
    if (row === "newer") return NEWER;
    const seen = this.#seenIn(header, row);
    return { kind: "session", row: seen > row.seen ? { ...row, seen } : row };
  }

  /** The lines that set a session's cookies, and clear a part of one before it that it does not need. */
  set(row: SealedRow, header: string | undefined, now: number): readonly string[] {
    const values = this.#options.store.seal(row, this.#sealing);
    const left = this.#left(row, now);
    return this.#specs.flatMap((spec, index) => {
      const value = values[index];
      if (value !== undefined) return [setCookie(spec, value, left)];
      return readCookies(header, spec.name, 1).length === 0 ? [] : [clearCookie(spec)];
    });
  }

  /** The line that says that the user of this session was here. */
  touched(row: Pick<SessionRow, "id" | "expires">, now: number): string {
    const seen = now.toString(36);
    const proof = this.#options.keyring.deriveHash("seen", seenText(row, seen));
    return setCookie(this.#seen, `${seen}.${proof}`, this.#left(row, now));
  }

  /** Clears all of them, also those that this request did not bring along: another may have set them meanwhile. */
  clear(): readonly string[] {
    return [...this.#specs, this.#seen].map(clearCookie);
  }

  #left({ expires }: Pick<SessionRow, "expires">, now: number): number | undefined {
    return this.#options.persistent ? Math.max(1, Math.floor((expires - now) / 1000)) : undefined;
  }

  /** When the user was last here, as we said it of this very session; 0 if no cookie says so. */
  #seenIn(header: string | undefined, row: SealedRow): number {
    let latest = 0;
    for (const value of readCookies(header, this.#seen.name, 2)) {
      const [seen = "", proof = ""] = value.split(".", 2);
      const time = /^[0-9a-z]{1,11}$/.test(seen) ? Number.parseInt(seen, 36) : 0;
      if (time <= latest) continue;
      const proofs = this.#options.keyring.deriveHashes("seen", seenText(row, seen));
      if (proofs.some((one) => equalHash(one, proof))) latest = time;
    }
    return latest;
  }
}

const seenText = ({ id }: Pick<SessionRow, "id">, seen: string): string => `${id} ${seen}`;

/** With its attributes a cookie has at most 4,096 bytes. */
function longestValue({ name, suffix }: CookieSpec): number {
  return MAX_COOKIE_BYTES - name.length - 1 - `; Max-Age=${MAX_AGE_SECONDS}`.length - suffix.length;
}
