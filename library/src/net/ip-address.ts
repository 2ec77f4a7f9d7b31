/** Reads and writes IP addresses and CIDR ranges, IPv4 and IPv6 alike. */

/**
 * An IP address in 16-bit groups: two of IPv4, eight of IPv6. An IPv4-mapped address is the IPv4 address that it stands
 * for, so that one host has one form.
 */
export type Address = readonly number[];

/** Addresses that begin alike. */
export interface AddressRange {
  readonly address: Address;
  /** How many bits count. 0: every address. */
  readonly bits: number;
}

const MAPPED_BITS = 96;
const LONGEST = 45;
const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/**
 * Reads an address without port, brackets or zone; `undefined` if the text is anything else.
 *
 * @example
 * ```ts
 * import { parseAddress } from "coatcheck/address";
 * parseAddress("::ffff:192.0.2.7"); // the same as parseAddress("192.0.2.7")
 * parseAddress("192.0.2.7:443"); // undefined
 * ```
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > LONGEST) return undefined;
  const groups = text.includes(":") ? ipv6(text) : ipv4(text);
  return groups === undefined ? undefined : unmapped(groups);
}

function ipv4(text: string): Address | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  const [a = -1, b = -1, c = -1, d = -1] = octets.map((octet) => (OCTET.test(octet) ? Number(octet) : 256));
  return Math.max(a, b, c, d) > 255 ? undefined : [a * 256 + b, c * 256 + d];
}

function ipv6(text: string): Address | undefined {
  const [head = "", tail, ...more] = text.split("::");
  const left = groupsOf(head, tail === undefined);
  if (left === undefined || more.length > 0) return undefined;
  if (tail === undefined) return left.length === 8 ? left : undefined;
  const right = groupsOf(tail, true);
  if (right === undefined || left.length + right.length > 7) return undefined;
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** Groups between colons; the last of an address may be a dotted IPv4 address. */
function groupsOf(text: string, last: boolean): Address | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const dotted = last && index === parts.length - 1 && part.includes(".") ? ipv4(part) : undefined;
    if (dotted !== undefined) groups.push(...dotted);
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function unmapped(groups: Address): Address {
  return isMapped(groups) ? groups.slice(6) : groups;
}

function isMapped(groups: Address): boolean {
  return groups.length === 8 && groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

/**
 * The canonical spelling of an address: dotted, or as RFC 5952 has it.
 *
 * @example
 * ```ts
 * import { formatAddress, parseAddress } from "coatcheck/address";
 * const address = parseAddress("2001:DB8:0:0:0:0:0:7");
 * if (address !== undefined) formatAddress(address); // "2001:db8::7"
 * ```
 */
export function formatAddress(address: Address): string {
  if (address.length === 2) return address.flatMap((group) => [group >> 8, group & 255]).join(".");
  const { start, length } = longestZeros(address);
  const hex = (groups: Address): string => groups.map((group) => group.toString(16)).join(":");
  return length < 2 ? hex(address) : `${hex(address.slice(0, start))}::${hex(address.slice(start + length))}`;
}

function longestZeros(address: Address): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index < address.length; index++) {
    if (address[index] !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

/**
 * `10.0.0.0/8`, `fd00::/8`, or a single address; `undefined` if it is none. Parts of `::ffff:0:0/96` count as IPv4, and
 * a range that holds all of it has no bits: every IPv4 address is in it.
 *
 * @example
 * ```ts
 * import { parseRange } from "coatcheck/address";
 * const office = parseRange("198.51.100.0/24");
 * if (office === undefined) throw new TypeError("not a range");
 * ```
 */
export function parseRange(text: string): AddressRange | undefined {
  const [given = "", length, ...more] = text.split("/");
  const address = parseAddress(given);
  if (address === undefined || more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const width = given.includes(":") ? 128 : 32;
  const bits = length === undefined ? width : Number(length);
  if (bits > width) return undefined;
  if (width === 128 && address.length === 2) return { address, bits: Math.max(0, bits - MAPPED_BITS) };
  return { address, bits: width === 128 && holdsMapped(address, bits) ? 0 : bits };
}

/** Whether all of `::ffff:0:0/96` is in the range. */
function holdsMapped(address: Address, bits: number): boolean {
  return bits <= MAPPED_BITS && alike(address, [0, 0, 0, 0, 0, 0xffff, 0, 0], bits);
}

/**
 * Whether the address is in the range. No address of one family is in a range of the other.
 *
 * @example
 * ```ts
 * import { inRange, parseAddress, parseRange } from "coatcheck/address";
 * const address = parseAddress("10.1.2.3");
 * const range = parseRange("10.0.0.0/8");
 * const isInternal = address !== undefined && range !== undefined && inRange(address, range); // true
 * ```
 */
export function inRange(address: Address, range: AddressRange): boolean {
  return address.length === range.address.length && alike(address, range.address, range.bits);
}

function alike(a: Address, b: Address, bits: number): boolean {
  for (let index = 0, left = bits; left > 0; index++, left -= 16) {
    const difference = (a[index] ?? 0) ^ (b[index] ?? 0);
    if (difference >> Math.max(0, 16 - left) !== 0) return false;
  }
  return true;
}
