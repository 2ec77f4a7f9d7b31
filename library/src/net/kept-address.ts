/**
 * The client's address as it may be kept with a session: a hash, its network, which is coarser than a household, or all
 * of it (OP-03).
 */
import { formatAddress, parseAddress } from "./ip-address.ts";

/**
 * What is kept of an address. `hash`: a keyed hash, which cannot be reversed; `truncated`: its network; `full`: all of
 * it.
 */
export type KeptAddress = "hash" | "truncated" | "full";

/** How much of an address is its network, in groups of 16 bits: 48 bits of IPv6. */
const NETWORK_GROUPS = 3;

/** The network of an address, as `192.0.2.0/24` or `2001:db8:7::/48`; `undefined` if the text is no address. */
export function networkOf(text: string): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const [first = 0, second = 0] = address;
  if (address.length === 2) return `${formatAddress([first, second & 0xff00])}/24`;
  return `${formatAddress(address.map((group, index) => (index < NETWORK_GROUPS ? group : 0)))}/48`;
}

/** The address in its canonical form; `undefined` if the text is none. */
export function wholeAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

/** What the option asks for. `true` is the keyed hash. Throws a `TypeError` for anything else. */
export function keptAddress(given: boolean | KeptAddress | undefined): KeptAddress | null {
  if (given === undefined || given === false) return null;
  if (given === true) return "hash";
  if (given === "hash" || given === "truncated" || given === "full") return given;
  throw new TypeError(`keep.address is ${String(given)}; it can be true, false, "hash", "truncated" or "full"`);
}
