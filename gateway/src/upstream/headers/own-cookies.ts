/** Whether a cookie of this name is ours. */
export type IsOwnCookie = (name: string) => boolean;

const SEMICOLON = 0x3b;

/** A `Cookie` value without our own cookies; the same string if there are none, `""` if nothing else was in it. */
export function withoutOwnCookies(line: string, isOwn: IsOwnCookie): string {
  let kept = "";
  let removed = false;
  let start = 0;
  while (start < line.length) {
    let end = line.indexOf(";", start);
    if (end < 0) end = line.length;
    if (isOwn(nameOf(line, start, end))) {
      removed = true;
    } else {
      const pair = line.slice(start, end).trim();
      if (pair !== "") kept = kept === "" ? pair : `${kept}; ${pair}`;
    }
    start = end + 1;
  }
  return removed ? kept : line;
}

/**
 * The name of the pair between two positions. A pair without a name counts as named by its value, because browsers
 * send such a cookie back as if it were (`=name=value`).
 */
function nameOf(line: string, start: number, end: number): string {
  let from = start;
  while (from < end && isFiller(line.charCodeAt(from))) from++;
  let to = line.indexOf("=", from);
  if (to < 0 || to > end) to = end;
  while (to > from && isBlank(line.charCodeAt(to - 1))) to--;
  return line.slice(from, to);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
const isFiller = (code: number): boolean => isBlank(code) || code === 0x3d || code === SEMICOLON;

/** Whether a `Set-Cookie` value of an upstream would set one of our cookies (CK-13). */
export function setsOwnCookie(setCookie: string, isOwn: IsOwnCookie): boolean {
  const end = setCookie.indexOf(";");
  return isOwn(nameOf(setCookie, 0, end < 0 ? setCookie.length : end));
}
