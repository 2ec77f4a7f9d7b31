/** Whether ranges together cover every public address of a family, as no list of trusted peers may do (TP-01). */
import type { Address, AddressRange } from "./ip-address.ts";
import { parseRange } from "./ip-address.ts";

/**
 * Ranges that hold no public host: private, local or unassigned. They need not be in a list that covers the Internet.
 */
const NOT_PUBLIC = [
  ...[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
  ],
  ...["4000::/2", "8000::/1"],
];
const ZERO: Address = [0, 0, 0, 0, 0, 0, 0, 0];
/** `::/3`, not parsed from that text: `parseRange` reads a range that holds the IPv4-mapped ones as all of IPv4. */
const BELOW_PUBLIC: AddressRange = { address: ZERO, bits: 3 };

/** The family whose public addresses the ranges cover; `undefined` if they leave one out of each. */
export function coveredFamily(ranges: readonly AddressRange[]): "IPv4" | "IPv6" | undefined {
  const all = [...ranges, BELOW_PUBLIC, ...NOT_PUBLIC.flatMap((text) => parseRange(text) ?? [])];
  if (ranges.some(isOf(2)) && covers(all.filter(isOf(2)), 32)) return "IPv4";
  return ranges.some(isOf(8)) && covers(all.filter(isOf(8)), 128) ? "IPv6" : undefined;
}

const isOf = (groups: number) => (range: AddressRange) => range.address.length === groups;

/** Whether the ranges leave no gap in a family whose addresses have this many bits. */
function covers(ranges: readonly AddressRange[], width: number): boolean {
  const spans = ranges.map(({ address, bits }) => {
    const size = 1n << BigInt(width - bits);
    return { from: (numberOf(address) / size) * size, size };
  });
  spans.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  let end = 0n;
  for (const { from, size } of spans) {
    if (from > end) return false;
    if (from + size > end) end = from + size;
  }
  return end === 1n << BigInt(width);
}

function numberOf(address: Address): bigint {
  return address.reduce((number, group) => number * 65_536n + BigInt(group), 0n);
}
