/** Cookie definitions, and the `Set-Cookie` lines that set and clear them. */

/** A cookie without its value. Setting and clearing both come from it, so that they cannot differ (S-12). */
export interface CookieAttributes {
  readonly name: string;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: "Strict" | "Lax" | "None";
  readonly domain?: string;
  readonly partitioned?: boolean;
}

/** A checked definition, made by {@link defineCookie}. */
export interface CookieSpec extends CookieAttributes {
  /** The attributes as they follow every value. */
  readonly suffix: string;
}

/** Browsers drop a cookie whose name and value together are longer (CK-05). */
export const MAX_COOKIE_BYTES = 4096;
/** 400 days: browsers shorten what is longer (CK-08). */
export const MAX_AGE_SECONDS = 34_560_000;

const MAX_ATTRIBUTE_BYTES = 1024;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Cookie-octets of RFC 6265bis §4.1.1 (CK-09). */
const VALUE = /^[!#-+\--:<-[\]-~]*$/;
const PATH = /^\/[ -:<-~]*$/;
const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i;

/**
 * Checks a definition once, at start.
 *
 * @throws {TypeError} for a definition that browsers refuse: `SameSite=None` or `Partitioned` without `Secure`, and a
 * name whose prefix promises what the attributes do not keep (S-13, CK-03). Prefixes count in any case, as they do in
 * browsers.
 */
export function defineCookie(attributes: CookieAttributes): CookieSpec {
  const { name, path, secure, httpOnly, sameSite, domain, partitioned } = attributes;
  const refuse = (what: string): never => {
    throw new TypeError(`The cookie ${JSON.stringify(name)} ${what}.`);
  };
  if (!TOKEN.test(name)) refuse("has a name that is not a token");
  if (!PATH.test(path) || path.length > MAX_ATTRIBUTE_BYTES) refuse("has a path that is not one");
  if (domain !== undefined && (!DOMAIN.test(domain) || domain.length > 253)) refuse("has a domain that is not one");
  if (sameSite === "None" && !secure) refuse("is SameSite=None without Secure");
  if (partitioned === true && !secure) refuse("is Partitioned without Secure");
  if (/^__/.test(name)) {
    if (/^__(?:secure|host|http)-/i.test(name) && !secure) refuse("has a prefix that promises Secure");
    if (/^__host-/i.test(name) && (path !== "/" || domain !== undefined))
      refuse("has a prefix that promises Path=/ and no Domain");
    if (/^__(?:host-)?http-/i.test(name) && !httpOnly) refuse("has a prefix that promises HttpOnly");
  }
  const suffix = [
    `; Path=${path}`,
    domain === undefined ? "" : `; Domain=${domain}`,
    secure ? "; Secure" : "",
    httpOnly ? "; HttpOnly" : "",
    `; SameSite=${sameSite}`,
    partitioned === true ? "; Partitioned" : "",
  ].join("");
  return Object.freeze({ ...attributes, suffix });
}

/**
 * A `Set-Cookie` value that sets the cookie.
 *
 * @param maxAgeSeconds rounded up and kept between 0 and 400 days; without it the cookie ends with the browser
 * @throws {TypeError} for a value that is not cookie-octets, or too long; the message does not show it
 */
export function setCookie(spec: CookieSpec, value: string, maxAgeSeconds?: number): string {
  if (!VALUE.test(value)) throw new TypeError(`The value for the cookie ${spec.name} is not made of cookie-octets.`);
  const bytes = spec.name.length + value.length;
  if (bytes > MAX_COOKIE_BYTES) {
    throw new TypeError(`The cookie ${spec.name} would have ${bytes} bytes; browsers keep ${MAX_COOKIE_BYTES}.`);
  }
  return `${spec.name}=${value}${maxAge(maxAgeSeconds)}${spec.suffix}`;
}

/**
 * A `Set-Cookie` value that deletes the cookie: the very attributes that set it, for a browser ignores anything less
 * (A-38).
 */
export function clearCookie(spec: CookieSpec): string {
  return `${spec.name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${spec.suffix}`;
}

function maxAge(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  if (Number.isNaN(seconds)) throw new TypeError("The Max-Age of a cookie must be a number of seconds.");
  return `; Max-Age=${Math.min(Math.max(Math.ceil(seconds), 0), MAX_AGE_SECONDS)}`;
}
