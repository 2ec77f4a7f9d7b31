/** Sessions in their own cookies, sealed: no store, or one for markers alone. */
import type { SealedRow, Sealing, SessionRow, SessionStore, StatelessStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { knownOptions, type OptionNames } from "../core/options/option-names.ts";
import { parseBody, readable } from "../core/record.ts";
import { BLANK_ROW } from "../core/row-columns.ts";

/**
 * Options of {@link sealedCookie}.
 *
 * @example
 * ```ts
 * import { sealedCookie } from "coatcheck/cookie";
 * import { sqlite } from "coatcheck/sqlite";
 *
 * const store = sealedCookie({ marks: sqlite("marks.db") });
 * ```
 */
export interface SealedCookieOptions {
  /**
   * A store for markers: with it a logout, `endAll` and the provider's logout end sessions on every replica, and an
   * older state of a session is refused. Any store will do; it holds no session. Default: none.
   */
  readonly marks?: SessionStore;
}

const NAMES: OptionNames<SealedCookieOptions> = { marks: true };

const FORMAT = 1;
/** Identity, data and what is kept about the client follow the columns, as the text that they are. */
const BEHIND_COLUMNS = "\n";
/** The first value begins with the number of values, so that one left over from before is not taken for a part. */
const COUNT = /^([1-9])\./;
const COUNT_CHARACTERS = 2;

/** The columns that a sealed session has, in their order. */
type Columns = readonly [
  format: number,
  id: string,
  version: number,
  created: number,
  seen: number,
  expires: number,
  owner: string | null,
  issuer: string | null,
  sid: string | null,
  tokenExpires: number | null,
  ownerMarker: string | null,
  issuedAt: number | null,
];

/**
 * Keeps identity and data in the session's cookie, encrypted, for any replica that knows the secret. The provider's
 * tokens are in no cookie: they are dropped after the login.
 *
 * Without `marks` a copied cookie is good until it expires: a logout clears the browser's cookie and ends nothing else,
 * and nothing can be listed or ended from elsewhere. What cannot be kept is refused, most of it at the start;
 * docs/stores.md has the table.
 *
 * @example
 * ```ts
 * import { sealedCookie } from "coatcheck/cookie";
 *
 * const auth = coatcheck({
 *   publicUrl: "https://app.example.com",
 *   secrets: process.env["COATCHECK_SECRET"],
 *   store: sealedCookie(),
 * });
 * ```
 *
 * @throws {TypeError} for an option that does not exist, and for `marks` that are no store
 */
export function sealedCookie(options: SealedCookieOptions = {}): StatelessStore {
  knownOptions("", options, NAMES);
  const marks = options.marks ?? null;
  if (marks !== null && typeof marks.marked !== "function") throw new TypeError("sealedCookie({ marks }) takes a store");
  return { name: marks === null ? "cookie" : `cookie+${marks.name}`, marks, seal, open };
}

function seal(row: SealedRow, sealing: Sealing): readonly string[] {
  const columns: Columns = [
    FORMAT,
    row.id,
    row.version,
    row.created,
    row.seen,
    row.expires,
    row.owner,
    row.issuer,
    row.sid,
    row.tokenExpires,
    row.ownerMarker,
    row.issuedAt,
  ];
  const sealed = sealing.seal(JSON.stringify(columns) + BEHIND_COLUMNS + row.body);
  const values = split(sealed, sealing.room);
  if (values === undefined) throw tooLarge(row, sealed.length, sealing.room);
  return values;
}

/** Each value as long as its cookie has room, `undefined` if it is too long for all of them. */
function split(sealed: string, room: readonly number[]): readonly string[] | undefined {
  const values: string[] = [];
  let at = 0;
  for (const most of room) {
    const end = at + most - (at === 0 ? COUNT_CHARACTERS : 0);
    values.push(sealed.slice(at, end));
    at = end;
    if (at >= sealed.length) return values.map((value, index) => (index === 0 ? `${values.length}.${value}` : value));
  }
  return undefined;
}

function open(values: readonly string[], sealing: Sealing): SealedRow | "newer" | undefined {
  const sealed = joined(values);
  const text = sealed === undefined ? undefined : sealing.open(sealed);
  if (text === undefined) return undefined;
  const cut = text.indexOf(BEHIND_COLUMNS);
  // What opens was sealed by us, so only its format can be another.
  const columns: Columns = JSON.parse(text.slice(0, cut));
  const [format, id, version, created, seen, expires, owner, issuer, sid, tokenExpires, ownerMarker, issuedAt] = columns;
  if (format !== FORMAT) return "newer";
  const body = text.slice(cut + 1);
  const known = { id, version, created, seen, expires, owner, issuer, sid, tokenExpires, body };
  return { ...BLANK_ROW, ...known, ownerMarker, issuedAt };
}

/** The whole of the first values, as many as the first one says. */
function joined(values: readonly string[]): string | undefined {
  const [first = ""] = values;
  const count = Number(COUNT.exec(first)?.[1] ?? 0);
  if (count === 0 || count > values.length) return undefined;
  const rest = values.slice(1, count);
  // One spelling: no value is empty.
  return rest.includes("") ? undefined : first.slice(COUNT_CHARACTERS) + rest.join("");
}

function tooLarge(row: SessionRow, length: number, room: readonly number[]): CoatcheckError {
  const most = room.reduce((sum, one) => sum + one, -COUNT_CHARACTERS);
  const { identity, data } = readable(row) ? parseBody(row) : { identity: null, data: {} };
  const claims = JSON.stringify(identity?.claims ?? {}).length;
  return new CoatcheckError("ERR_COOKIE_TOO_LARGE", {
    message:
      `The session takes ${length} characters of cookies, and ${most} fit; ${claims} of them before sealing are claims, ` +
      `${JSON.stringify(data).length} are data. Leave claims out (provider.claims names those that are kept), keep data in a ` +
      "database and their id in the session, or take a store that keeps sessions.",
  });
}
