/** A request target that can mean one thing only. */
export interface Target {
  /** What rules are matched against, and what the upstream gets. Percent-encoded unreserved characters stand plain. */
  readonly path: string;
  /** With its `?`, as received; empty if there is none. It never takes part in matching. */
  readonly query: string;
}

/** The longest request target, in characters. */
export const LONGEST_TARGET = 8192;

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const QUESTION = 0x3f;
const SEMICOLON = 0x3b;

/** Characters that may stand in a path: RFC 3986 `pchar` and `/`, without `%`. */
const PLAIN = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/")
  PLAIN[char.charCodeAt(0)] = 1;
/** Some clients send these bare in paths; no server reads anything else in them. */
for (const char of '[]|^`{}"<>') PLAIN[char.charCodeAt(0)] = 1;

/**
 * Reads a request target, or refuses it (`undefined`). What two servers could read in two ways is refused, not
 * repaired: dot segments, empty segments, also those that are empty but for parameters, encoded slashes, backslashes,
 * dots and controls, in one or more layers of encoding, malformed escapes and UTF-8, fragments, absolute form. So
 * what the rules judged is what the upstream serves.
 */
export function readTarget(target: string): Target | undefined {
  const { length } = target;
  if (length === 0 || length > LONGEST_TARGET || target.charCodeAt(0) !== SLASH) return undefined;
  let escaped = false;
  let previous = SLASH;
  let index = 1;
  for (; index < length; index++) {
    const code = target.charCodeAt(index);
    if (code === QUESTION) break;
    if (code === PERCENT) escaped = true;
    else if (code > 127 || PLAIN[code] !== 1) return undefined;
    else if (previous === SLASH && (code === SLASH || code === SEMICOLON)) return undefined;
    else if (previous === SLASH && code === DOT && isDotSegment(target, index)) return undefined;
    previous = code;
  }
  const query = index === length ? "" : target.slice(index);
  if (query !== "" && !isQuery(query)) return undefined;
  const received = index === length ? target : target.slice(0, index);
  const path = escaped ? decodeUnreserved(received) : received;
  return path === undefined ? undefined : { path, query };
}

/**
 * Whether a segment of nothing but `.` or `..` begins here. Parameters do not hide it: `..;x` is `..` to some
 * servers.
 */
function isDotSegment(target: string, start: number): boolean {
  let index = start + 1;
  if (target.charCodeAt(index) === DOT) index++;
  const code = target.charCodeAt(index);
  return index >= target.length || code === SLASH || code === QUESTION || code === SEMICOLON;
}

/** A query is passed on as it came, unless it holds what no request line may hold, or a fragment. */
function isQuery(query: string): boolean {
  for (let index = 0; index < query.length; index++) {
    const code = query.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f || code === 0x23) return false;
  }
  return true;
}

/** Escapes that servers decode into structure, also when they decode twice. */
const DANGEROUS = /%(?:25)*(?:2e|2f|5c|[01][0-9a-f]|7f)/i;
/** A segment of dots, or of nothing, before an escaped `;`. */
const NOTHING_BUT_PARAMETERS = /\/\.{0,2}%(?:25)*3b/i;
const MALFORMED = /%(?![0-9A-Fa-f]{2})/;

function decodeUnreserved(received: string): string | undefined {
  if (MALFORMED.test(received) || DANGEROUS.test(received)) return undefined;
  try {
    decodeURIComponent(received);
  } catch {
    return undefined;
  }
  const path = received.replace(/%([0-9A-Fa-f]{2})/g, (escaped, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9_~-]/.test(char) ? char : escaped.toUpperCase();
  });
  // Once more: `%25%32%66` has become `%252f`.
  return DANGEROUS.test(path) || NOTHING_BUT_PARAMETERS.test(path) ? undefined : path;
}

const PARAMETERS = /(?:;|%(?:25)*3b)[^/]*/gi;

/** The path as servers see it that cut parameters (`;x=1`) off every segment, escaped or not. */
export function withoutParameters(path: string): string {
  return path.includes(";") || path.includes("%") ? path.replace(PARAMETERS, "") : path;
}

/** The path as servers see it that do not mind letters' case, and that may decode twice. For comparing only. */
export function caseFolded(path: string): string {
  const plain = path.includes("%") ? decoded(decoded(path.replace(/%(?:25)+(?=[0-9A-F]{2})/gi, "%"))) : path;
  // Upper case first: letters outside ASCII have lower case within it in one of the directions alone.
  return plain.toUpperCase().toLowerCase().replaceAll("\u0307", "");
}

/** Escapes decoded as far as they are UTF-8. */
function decoded(path: string): string {
  return path.replace(/(?:%[0-9A-F]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
