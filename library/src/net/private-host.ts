/** Hosts of a private network, by address or by a name that the public network does not give away. */

/** RFC 1918, RFC 3927. */
const PRIVATE_IPV4 = /^(?:10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)(?:\d{1,3}\.){0,2}\d{1,3}$/;
/** RFC 4193, RFC 4291 s2.5.6; as `URL.hostname` gives them. */
const PRIVATE_IPV6 = /^\[(?:f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):[0-9a-f:]*\]$/;
/** RFC 6762, RFC 8375, what ICANN keeps for private use, and what routers at home take. */
const PRIVATE_NAME = /^(?:[a-z0-9-]+\.)+(?:local|home\.arpa|internal|lan)$/;

/**
 * Whether a host, as `URL.hostname` gives it, is one of a private network: an address of RFC 1918 or RFC 4193, a
 * link-local one, a name without a dot, or one below `local`, `home.arpa`, `internal` or `lan`.
 *
 * @example
 * ```ts
 * import { isPrivateHost } from "coatcheck/address";
 * const atHome = isPrivateHost(new URL("http://nas.home.arpa:3000").hostname); // true
 * ```
 */
export function isPrivateHost(hostname: string): boolean {
  const isName = /^[a-z][a-z0-9-]*$/.test(hostname);
  return isName || PRIVATE_IPV4.test(hostname) || PRIVATE_IPV6.test(hostname) || PRIVATE_NAME.test(hostname);
}
