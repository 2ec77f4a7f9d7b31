/** Longer ones become `/`: they travel in a cookie (docs/design.md §4). */
const MAX_BYTES = 512;
/** What an URL parser drops, or reads as a slash: nothing that leads anywhere honest has them. */
const SUSPICIOUS = /[\p{Cc}\p{Cf}\p{Z}\\]/u;

/**
 * Where to send a browser afterwards: `value` if it leads to `origin`, or to one of `allowedOrigins`; else `/`.
 * Decided on what the WHATWG URL parser reads, and answered as that was understood, so that no browser reads something
 * else (HD-03, A-01…A-05). A path for the own origin, a whole URL for the others.
 */
export function safeReturnTo(value: string | null | undefined, origin: string, allowedOrigins: readonly string[] = []): string {
  if (value === null || value === undefined || SUSPICIOUS.test(value) || !value.isWellFormed()) return "/";
  if (Buffer.byteLength(value) > MAX_BYTES) return "/";
  const absolute = /^https?:\/\/[^/]/i.test(value);
  if (!absolute && !/^\/(?!\/)/.test(value)) return "/";
  if (!URL.canParse(value, origin)) return "/";
  const url = new URL(value, origin);
  if (url.username !== "" || url.password !== "") return "/";
  const path = url.pathname + url.search + url.hash;
  // Dots in a path can leave it beginning with two slashes, which a browser would read as a host.
  if (path.startsWith("//") || Buffer.byteLength(path) > MAX_BYTES) return "/";
  if (url.origin === origin) return path;
  return absolute && allowedOrigins.includes(url.origin) ? url.origin + path : "/";
}

/** The same for a login, which must not lead to an endpoint that starts the next one or ends this one. */
export function returnToAfterLogin(
  value: string | null | undefined,
  origin: string,
  prefix: string,
  allowedOrigins: readonly string[] = [],
): string {
  const safe = safeReturnTo(value, origin, allowedOrigins);
  const path = decoded(new URL(safe, origin).pathname).toLowerCase();
  const endpoints = ["login", "callback", "logout", "signed-out"].map((name) => `${prefix}/${name}`.toLowerCase());
  return endpoints.some((endpoint) => path === endpoint || path.startsWith(`${endpoint}/`)) ? "/" : safe;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
