/** The header `WWW-Authenticate` of an answer without tokens: RFC 9110, section 11.6.1. */

const TOKEN = "[a-zA-Z0-9!#$%&'*+.^_`|~-]+";
const SCHEME = new RegExp(`[,\\s]*${TOKEN}(?=$|[,\\s])`, "y");
const PARAMETER = new RegExp(`[,\\s]*${TOKEN}\\s*=\\s*(?:"(?:[^"\\\\]|\\\\[\\s\\S])*"|${TOKEN})[,\\s]*`, "y");
const TOKEN68 = /[a-zA-Z0-9._~+/-]+={0,2}(?:$|[,\s])/y;
const SPACES = /\s+/y;

/**
 * Whether a header can be read as challenges: schemes, each with parameters or one `token68`, or with neither. As
 * openid-client does: for it such a header is about the client, whatever the body says.
 */
export function isChallenge(header: string | null): boolean {
  if (header === null || header === "") return false;
  for (let at = 0; at < header.length; ) {
    const scheme = past(SCHEME, header, at);
    if (scheme === null) return false;
    const spaces = past(SPACES, header, scheme);
    const next = spaces === null ? scheme : pastParameters(header, spaces);
    if (next === null) return false;
    at = next;
  }
  return true;
}

/** Where the next scheme begins. */
function pastParameters(header: string, from: number): number | null {
  for (let at = from; at < header.length; ) {
    const parameter = past(PARAMETER, header, at);
    const token68 = parameter === null ? past(TOKEN68, header, at) : null;
    if (parameter === null && token68 === null) return null;
    // After parameters it is the next scheme that looks like one.
    if (parameter === null) return at === from ? token68 : at;
    at = parameter;
  }
  return header.length;
}

/** The end of a match at exactly this position. */
function past(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
