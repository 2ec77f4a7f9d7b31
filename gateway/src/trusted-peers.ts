import { BlockList, isIP } from "node:net";

/** A range of addresses. `::ffff:0:0/96` and its parts count as IPv4. */
export interface Cidr {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
const MAPPED_HEX = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i;

/** The IPv4 address that an IPv4-mapped IPv6 address stands for; other addresses as they are, without a zone. */
export function plainAddress(address: string): string {
  const zone = address.indexOf("%");
  const bare = zone < 0 ? address : address.slice(0, zone);
  if (!bare.startsWith("::") || bare.length < 7) return bare;
  const dotted = MAPPED.exec(bare)?.[1];
  if (dotted !== undefined) return dotted;
  const hex = MAPPED_HEX.exec(bare);
  if (hex === null) return bare;
  const [high, low] = [Number.parseInt(hex[1] ?? "0", 16), Number.parseInt(hex[2] ?? "0", 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** `10.0.0.0/8`, `fd00::/8`, or a single address; `undefined` where it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const [given = "", length, ...more] = text.split("/");
  const family = isIP(given);
  if (family === 0 || more.length > 0 || given.includes("%")) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const width = family === 4 ? 32 : 128;
  const bits = length === undefined ? width : Number(length);
  if (bits > width) return undefined;
  const canonical = family === 6 ? new URL(`http://[${given}]`).hostname.slice(1, -1) : given;
  const address = plainAddress(canonical);
  if (isIP(address) === 4 && family === 6)
    return bits < 96 ? { address: canonical, bits: 0, family: "ipv6" } : { address, bits: bits - 96, family: "ipv4" };
  return { address: canonical, bits, family: family === 4 ? "ipv4" : "ipv6" };
}

const REMEMBERED = 1024;

/** The peers whose forwarded headers count. None by default. */
export class TrustedPeers {
  readonly #ranges = new BlockList();
  readonly #remembered = new Map<string, boolean>();
  readonly #none: boolean;

  /** Ranges as configured; one that is malformed or holds everybody is a `TypeError`. */
  constructor(ranges: readonly string[]) {
    this.#none = ranges.length === 0;
    for (const range of ranges) {
      const cidr = parseCidr(range);
      if (cidr === undefined) throw new TypeError(`${range} is no address range`);
      if (cidr.bits === 0) throw new TypeError(`${range} trusts everyone`);
      this.#ranges.addSubnet(cidr.address, cidr.bits, cidr.family);
    }
  }

  /** Whether the peer at this address is trusted. Malformed and unknown addresses are not. */
  has(address: string | undefined): boolean {
    if (this.#none || address === undefined) return false;
    const known = this.#remembered.get(address);
    if (known !== undefined) return known;
    const plain = plainAddress(address);
    const family = isIP(plain);
    const trusted = family !== 0 && this.#ranges.check(plain, family === 4 ? "ipv4" : "ipv6");
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
    this.#remembered.set(address, trusted);
    return trusted;
  }

  /**
   * Who is at the far end of a chain of `X-Forwarded-For`: from the right, past every trusted hop (S-48). `peer` is who opened the
   * connection. What a malformed entry hides is not believed.
   */
  clientOf(peer: string, forwardedFor: string | undefined): string {
    let client = plainAddress(peer);
    if (forwardedFor === undefined || !this.has(peer)) return client;
    const hops = forwardedFor.split(",");
    for (let index = hops.length - 1; index >= 0; index--) {
      const hop = hopAddress((hops[index] ?? "").trim());
      if (hop === undefined) return client;
      client = hop;
      if (!this.has(hop)) return client;
    }
    return client;
  }
}

/** The address in one entry of `X-Forwarded-For`, which some proxies write with a port. */
function hopAddress(entry: string): string | undefined {
  const bare = entry.replace(/^\[([0-9a-fA-F:.%]+)\](?::\d+)?$/, "$1").replace(/^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/, "$1");
  return isIP(bare) === 0 ? undefined : plainAddress(bare);
}
