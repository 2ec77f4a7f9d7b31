/** Reads cookies from the `Cookie` header of a request. */

/** A cookie as it was sent. */
export interface SentCookie {
  readonly name: string;
  readonly value: string;
}

/** A longer `Cookie` header is ignored: no browser sends it, and searching it would cost too much. */
export const MAX_HEADER_CHARACTERS = 32_768;

const NO_VALUES: readonly string[] = Object.freeze([]);
const NO_COOKIES: readonly SentCookie[] = Object.freeze([]);

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** The position of a cookie's value in a header. */
interface CookieSpan {
  readonly start: number;
  readonly end: number;
  /** Whether another cookie of the name follows. */
  readonly more: boolean;
}

/**
 * The different values of the cookies of exactly this name, in order, at most `max`. Never throws. Several `Cookie`
 * lines are given joined by `; `. Space around name and value and a pair of quotes around the value are taken off;
 * nothing is decoded, since our values are base64url.
 */
export function readCookies(header: string | undefined, name: string, max = 4): readonly string[] {
  if (header === undefined || !isReadable(header, name)) return NO_VALUES;
  let values: string[] | undefined;
  let start = nextValue(header, name, 0);
  while (start >= 0) {
    const endOf = endOfCookie(header, start);
    const value = valueBetween(header, start, endOf);
    if (values === undefined) values = [value];
    else if (!values.includes(value)) values.push(value);
    if (values.length >= max) break;
    start = nextValue(header, name, endOf);
  }
  return values ?? NO_VALUES;
}

/**
 * The position of the first value of {@link readCookies}; `undefined` if there is none. A text that is cut out of
 * another is slower to read.
 */
export function findCookie(header: string | undefined, name: string): CookieSpan | undefined {
  if (header === undefined || !isReadable(header, name)) return undefined;
  const start = nextValue(header, name, 0);
  if (start < 0) return undefined;
  const endOf = endOfCookie(header, start);
  const more = nextValue(header, name, endOf) >= 0;
  const end = trimEnd(header, start, endOf);
  return isQuoted(header, start, end) ? { start: start + 1, end: end - 1, more } : { start, end, more };
}

const isReadable = (header: string, name: string): boolean => header.length <= MAX_HEADER_CHARACTERS && name !== "";

/**
 * The index at which the value of the next cookie of this name begins, from `from` on; -1 if there is none. A plain
 * search finds the name, and only then is it checked that a cookie begins there: a header is read at the speed of
 * `indexOf`, and nothing is allocated for other cookies.
 */
function nextValue(header: string, name: string, from: number): number {
  let at = from;
  // If the rest is too short for another one, it is not searched: a search costs more than reading the value.
  while (header.length - at > name.length) {
    at = header.indexOf(name, at);
    if (at < 0) return -1;
    const equals = beginsCookie(header, at) ? skipSpace(header, at + name.length) : -1;
    if (header.charCodeAt(equals) === EQUALS) return skipSpace(header, equals + 1);
    at += name.length;
  }
  return -1;
}

/** The cookies whose name begins with `prefix`, in order, at most `max`; otherwise as {@link readCookies}. */
export function readCookiesByPrefix(header: string | undefined, prefix: string, max = 32): readonly SentCookie[] {
  if (header === undefined || header.length > MAX_HEADER_CHARACTERS || prefix === "") return NO_COOKIES;
  let found: SentCookie[] | undefined;
  let equals = -1;
  for (let at = header.indexOf(prefix); at >= 0; at = header.indexOf(prefix, at + prefix.length)) {
    if (!beginsCookie(header, at)) continue;
    // Searched for again only when it was passed, so that a header full of prefixes without values is read once.
    if (equals < at) equals = header.indexOf("=", at);
    if (equals < 0) break;
    if (equals >= endOfCookie(header, at)) continue;
    found ??= [];
    found.push({ name: header.slice(at, trimEnd(header, at, equals)), value: valueAfter(header, equals) });
    if (found.length >= max) break;
  }
  return found ?? NO_COOKIES;
}

/** Whether nothing but space lies between `at` and the semicolon or the beginning before it. */
function beginsCookie(header: string, at: number): boolean {
  for (let index = at - 1; index >= 0; index--) {
    const code = header.charCodeAt(index);
    if (code === SEMICOLON) return true;
    if (code !== SPACE && code !== TAB) return false;
  }
  return true;
}

function endOfCookie(header: string, at: number): number {
  const semicolon = header.indexOf(";", at);
  return semicolon < 0 ? header.length : semicolon;
}

function valueAfter(header: string, equals: number): string {
  const start = skipSpace(header, equals + 1);
  return valueBetween(header, start, endOfCookie(header, start));
}

function valueBetween(header: string, start: number, endOf: number): string {
  const end = trimEnd(header, start, endOf);
  return isQuoted(header, start, end) ? header.slice(start + 1, end - 1) : header.slice(start, end);
}

function isQuoted(header: string, start: number, end: number): boolean {
  return end - start >= 2 && header.charCodeAt(start) === QUOTE && header.charCodeAt(end - 1) === QUOTE;
}

function skipSpace(header: string, at: number): number {
  let index = at;
  while (header.charCodeAt(index) === SPACE || header.charCodeAt(index) === TAB) index++;
  return index;
}

function trimEnd(header: string, start: number, end: number): number {
  let index = end;
  while (index > start && (header.charCodeAt(index - 1) === SPACE || header.charCodeAt(index - 1) === TAB)) index--;
  return index;
}
