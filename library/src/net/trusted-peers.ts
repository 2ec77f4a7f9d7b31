/** The peers whose forwarding headers count, and the check that no list of them is the whole Internet. */
import { coveredFamily } from "./covered-family.ts";
import type { Address, AddressRange } from "./ip-address.ts";
import { formatAddress, inRange, parseAddress, parseRange } from "./ip-address.ts";

/** The name of connections over a unix socket, as `peer` and in a list of trusted peers. */
export const UNIX = "unix";

/** A link-local peer is reported with the interface that it was seen on. */
function withoutZone(text: string): string {
  const zone = text.indexOf("%");
  return zone < 0 ? text : text.slice(0, zone);
}

/** The other end of a connection, and whether its forwarding headers count. */
export interface Peer {
  /** The canonical spelling of the address, or `unix`. */
  readonly address: string;
  readonly trusted: boolean;
}

const TRUSTED_BY_NAME = "Anyone could then claim to be any user. Name the addresses of your proxy, for example 10.0.3.7/32.";
const MOST_CACHED = 1024;
const STRANGER: Peer = { address: "", trusted: false };

/**
 * The trusted peers, by address. None by default.
 *
 * @example
 * ```ts
 * import { TrustedPeers } from "coatcheck/address";
 * const proxies = new TrustedPeers(["10.0.0.0/8", "fd00::/8", "unix"], "TRUSTED_PROXIES");
 * proxies.has("10.0.3.7"); // true
 * ```
 */
export class TrustedPeers {
  readonly #ranges: readonly AddressRange[];
  readonly #unix: boolean;
  readonly #cache = new Map<string, Peer>();

  /**
   * @param ranges addresses and ranges, IPv4 and IPv6, and `unix` for connections over a unix socket
   * @param setting what the ranges are called in messages
   * @throws {TypeError} for a malformed range, and for one, or several together, that hold every public address
   */
  constructor(ranges: readonly string[], setting = "trusted") {
    this.#unix = ranges.includes(UNIX);
    this.#ranges = ranges.flatMap((range, index) => (range === UNIX ? [] : [readRange(range, `${setting}[${index}]`)]));
    const family = coveredFamily(this.#ranges);
    if (family === undefined) return;
    throw new TypeError(
      `${setting} (${ranges.join(", ")}) together hold every public ${family} address, which trusts everyone\n  ${TRUSTED_BY_NAME}`,
    );
  }

  /** Whether the peer at this address is trusted. Malformed and unknown addresses are not. */
  has(address: string | undefined): boolean {
    return this.of(address).trusted;
  }

  /** A peer by the socket's address. Peers recur, so the answers are kept in a bounded cache. */
  of(address: string | undefined): Peer {
    if (address === undefined) return STRANGER;
    const known = this.#cache.get(address);
    if (known !== undefined) return known;
    const peer = this.#judge(address);
    if (this.#cache.size >= MOST_CACHED) this.#cache.clear();
    this.#cache.set(address, peer);
    return peer;
  }

  /** Whether an address from a header is trusted. Not cached: any client could fill the cache. */
  holds(address: Address): boolean {
    return this.#ranges.some((range) => inRange(address, range));
  }

  #judge(text: string): Peer {
    if (text === UNIX) return { address: UNIX, trusted: this.#unix };
    const address = parseAddress(withoutZone(text));
    return address === undefined
      ? { address: text, trusted: false }
      : { address: formatAddress(address), trusted: this.holds(address) };
  }
}

function readRange(text: string, place: string): AddressRange {
  const range = parseRange(text);
  if (range === undefined) {
    throw new TypeError(`${place} is ${JSON.stringify(text)}, which is no address range\n  Write it as 10.0.3.7/32 or fd00::/8.`);
  }
  if (range.bits > 0) return range;
  throw new TypeError(`${place} is ${text}, which trusts everyone\n  ${TRUSTED_BY_NAME}`);
}
