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
  /** The position behind the cookie, from which another is searched for. */
  readonly behind: number;
}

/**
 * The different values of the cookies of exactly this name, in order, at most `max`. Never throws. Several `Cookie`
 * lines are given joined by `; `. Space around name and value and a pair of quotes around the value are taken off;
 * nothing is decoded, since our values are base64url.
 */
export function readCookies(header: string | undefined, name: string, max = 4): readonly string[] {
  let values: string[] | undefined;
  let found = findCookie(header, name);
  while (header !== undefined && found !== undefined) {
    const value = header.slice(found.start, found.end);
    if (values === undefined) values = [value];
    else if (!values.includes(value)) values.push(value);
    if (values.length >= max) break;
    found = findCookie(header, name, found.behind);
  }
  return values ?? NO_VALUES;
}

/**
 * The position of the first value of {@link readCookies}, of cookies that begin at `from` or behind it; `undefined` if
 * there is none. A text that is cut out of another is slower to read. A plain search finds the name, and only then is
 * it checked that a cookie begins there: a header is read at the speed of `indexOf`, and nothing is allocated for other
 * cookies.
 */
export function findCookie(header: string | undefined, name: string, from = 0): CookieSpan | undefined {
  if (header === undefined || header.length > MAX_HEADER_CHARACTERS || name === "") return undefined;
  // If the rest is too short for another one, it is not searched: a search costs more than reading the value.
  for (let at = from; header.length - at > name.length; at += name.length) {
    at = header.indexOf(name, at);
    if (at < 0) return undefined;
    let before = at - 1;
    while (isSpace(header.charCodeAt(before))) before--;
    let equals = at + name.length;
    while (isSpace(header.charCodeAt(equals))) equals++;
    const begins = before < 0 || header.charCodeAt(before) === SEMICOLON;
    if (begins && header.charCodeAt(equals) === EQUALS) return valueBehind(header, equals);
  }
  return undefined;
}

function valueBehind(header: string, equals: number): CookieSpan {
  let start = equals + 1;
  while (isSpace(header.charCodeAt(start))) start++;
  const semicolon = header.indexOf(";", start);
  const behind = semicolon < 0 ? header.length : semicolon;
  let end = behind;
  while (end > start && isSpace(header.charCodeAt(end - 1))) end--;
  const quoted = end - start >= 2 && header.charCodeAt(start) === QUOTE && header.charCodeAt(end - 1) === QUOTE;
  return quoted ? { start: start + 1, end: end - 1, behind } : { start, end, behind };
}

const isSpace = (code: number): boolean => code === SPACE || code === TAB;

/** The cookies whose name begins with `prefix`, in order, at most `max`; otherwise as {@link readCookies}. */
export function readCookiesByPrefix(header: string | undefined, prefix: string, max = 32): readonly SentCookie[] {
  if (header === undefined || header.length > MAX_HEADER_CHARACTERS || prefix === "") return NO_COOKIES;
  let found: SentCookie[] | undefined;
  let equals = -1;
  for (let at = header.indexOf(prefix); at >= 0; at = header.indexOf(prefix, at + prefix.length)) {
    let before = at - 1;
    while (isSpace(header.charCodeAt(before))) before--;
    if (before >= 0 && header.charCodeAt(before) !== SEMICOLON) continue;
    // Searched for again only when it was passed, so that a header full of prefixes without values is read once.
    if (equals < at) equals = header.indexOf("=", at);
    if (equals < 0) break;
    const semicolon = header.indexOf(";", at);
    if (semicolon >= 0 && semicolon < equals) continue;
    let end = equals;
    while (isSpace(header.charCodeAt(end - 1))) end--;
    const value = valueBehind(header, equals);
    found ??= [];
    found.push({ name: header.slice(at, end), value: header.slice(value.start, value.end) });
    if (found.length >= max) break;
  }
  return found ?? NO_COOKIES;
}
