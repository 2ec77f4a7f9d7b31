/** Records: their bodies as text and as values, identities, and what is left of an ended row. */
import type { EndReason, Identity, JsonObject, LoginIdentity, RecordBody, SessionRow } from "../contracts.ts";
import { CoatcheckError } from "./errors.ts";
import { BLANK_ROW, EMPTIED_COLUMNS } from "./row-columns.ts";

/** Every body begins with its format: `{"format":1,`. */
const FORMAT_AT = '{"format":'.length;
const ONE = 0x31;
const COMMA = 0x2c;

/**
 * Whether this release can read the body. An unreadable record is unavailable, not absent (docs/design.md §2). Every
 * request asks, so only the number is compared.
 */
export function readable({ body }: SessionRow): boolean {
  return body.charCodeAt(FORMAT_AT) === ONE && body.charCodeAt(FORMAT_AT + 1) === COMMA;
}

export function serializeBody(body: RecordBody): string {
  const { format, identity, data, ...rest } = body;
  // The format comes first, then the identity, which most requests parse without the rest. One flat string:
  // concatenated ones are slower to search.
  return JSON.stringify({ format, identity, data, ...rest });
}

/** Parses a readable row's body. Throws `ERR_RECORD_FORMAT` for one that cannot be read. */
export function parseBody(row: SessionRow): RecordBody {
  if (!readable(row)) throw new CoatcheckError("ERR_RECORD_FORMAT");
  try {
    const parsed: RecordBody = JSON.parse(row.body);
    if (parsed.format === 1) return parsed;
  } catch (cause) {
    throw new CoatcheckError("ERR_RECORD_FORMAT", { cause });
  }
  throw new CoatcheckError("ERR_RECORD_FORMAT");
}

/** How every body begins, and what follows the identity. */
const BEGIN = '{"format":1,"identity":';
const BEHIND = ',"data":{';

/** The identity in a readable row's body, and the index at which the rest of the text begins. */
interface IdentityPart {
  readonly identity: Identity | null;
  readonly end: number;
}

/**
 * Parses the identity alone: data and tokens are most of a body, and few requests read them. `null` if that is not
 * possible; then {@link parseBody} parses all of it.
 */
export function parseIdentity({ body }: SessionRow): IdentityPart | null {
  if (!body.startsWith(BEGIN)) return null;
  // No string in JSON holds a quotation mark without a backslash before it, so this is a member of some object: of the
  // outermost one if the text before it is valid JSON.
  const end = body.indexOf(BEHIND, BEGIN.length);
  if (end === -1) return null;
  try {
    return { identity: JSON.parse(body.slice(BEGIN.length, end)), end };
  } catch {
    return null;
  }
}

/**
 * All of a readable row's body, of which the identity has been parsed. Throws `ERR_RECORD_FORMAT` for one that cannot
 * be read.
 */
export function parseBehind({ body }: SessionRow, identity: Identity | null, end: number): RecordBody {
  try {
    const parsed: Omit<RecordBody, "identity"> = JSON.parse(`{"format":1${body.slice(end)}`);
    return { ...parsed, identity };
  } catch (cause) {
    throw new CoatcheckError("ERR_RECORD_FORMAT", { cause });
  }
}

/**
 * The identity that the app or a provider asserts, as it is stored. Throws a `TypeError` for a malformed one: it is
 * refused, never rewritten (S-36).
 */
export function normalizeIdentity(given: LoginIdentity, now: number): Identity {
  return {
    issuer: part("issuer", given.issuer, 2048),
    subject: part("subject", given.subject, 255),
    claims: given.claims === undefined ? {} : snapshot(given.claims, "claims"),
    authenticatedAt: given.authenticatedAt ?? now,
    method: given.method ?? "app",
  };
}

// An issuer holds no white space, so that the first space in an owner always ends it.
function part(name: "issuer" | "subject", value: unknown, most: number): string {
  const forbidden = name === "issuer" ? /[\s\p{Cc}\p{Cs}]/u : /[\p{Cc}\p{Cs}]/u;
  if (typeof value !== "string" || value === "" || value.length > most || forbidden.test(value)) {
    throw new TypeError(`identity.${name} must be a non-empty string of at most ${most} characters without control characters`);
  }
  return value;
}

/**
 * Whether a text is well-formed Unicode without NUL. Databases refuse others, or mend them, and a mended owner is
 * another's. Asked of all that comes from outside and goes into a column as it is; what is inside JSON is escaped.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** The key of a user if the app resolves none: issuer and subject (ID-14). */
export function ownerOf(identity: Pick<Identity, "issuer" | "subject">): string {
  return `${identity.issuer} ${identity.subject}`;
}

/** How many levels data, claims and a provider's JSON may be nested, the outermost object counted. */
export const MAX_DEPTH = 32;

/**
 * A deep copy as JSON keeps it, without keys named `__proto__`, which would become a prototype when they are copied.
 * Throws a `TypeError` for what JSON cannot say at all, `ERR_DATA_TOO_LARGE` for what is nested too deeply: it could be
 * stored, but not be walked again.
 */
export function snapshot(value: unknown, what = "session data"): JsonObject {
  const copy = copyOf(value, what);
  if (!isObject(copy)) throw new TypeError(`${what} must be an object of JSON values`);
  if (isDeeperThan(copy, MAX_DEPTH)) throw tooDeep(what);
  return copy;
}

function copyOf(value: unknown, what: string): unknown {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text, text.includes('"__proto__"') ? withoutProto : undefined);
  } catch (error) {
    // The stack ran out.
    if (error instanceof RangeError) throw tooDeep(what);
    throw error;
  }
}

function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

function tooDeep(what: string): CoatcheckError {
  return new CoatcheckError("ERR_DATA_TOO_LARGE", { message: `The ${what} are nested more than ${MAX_DEPTH} levels deep.` });
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Data and identity of an ended or absent record. */
export const EMPTY_BODY: RecordBody = { format: 1, identity: null, data: {}, tokens: null, provider: null };

const EMPTIED = Object.fromEntries(EMPTIED_COLUMNS.map((name) => [name, BLANK_ROW[name]]));

/**
 * The row as ending leaves it: it still names and proves the session, so that the browser is told why it ended, and
 * holds nothing else.
 */
export function emptied(row: SessionRow, reason: EndReason, now: number): SessionRow {
  return { ...row, ...EMPTIED, version: row.version + 1, ended: now, reason };
}

/**
 * In the issuer's column of a token that hangs on a session, whose id its `sid` is then. No provider has this name, so
 * no logout notification of one finds such a row.
 */
export const OF_SESSION = "coatcheck:session";

/** The id of the session with which this row ends, or `null`: it stands alone. */
export function parentOf({ kind, issuer, sid }: Pick<SessionRow, "kind" | "issuer" | "sid">): string | null {
  return kind === "token" && issuer === OF_SESSION ? sid : null;
}

/** Whether it is a personal access token, which no provider knows of. */
export function isPersonal({ kind, issuer }: Pick<SessionRow, "kind" | "issuer">): boolean {
  return kind === "token" && issuer === null;
}
