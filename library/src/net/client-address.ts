/** The client's address behind trusted proxies, from `X-Forwarded-For` or `Forwarded`. */
import type { Address } from "./ip-address.ts";
import { formatAddress, parseAddress } from "./ip-address.ts";
import type { TrustedPeers } from "./trusted-peers.ts";

/** Which header tells of the hops before the peer. One family counts; what the other says is ignored. */
export type ForwardedFamily = "forwarded" | "x-forwarded-for";

/** The hops of a request, as far as they are known. */
export interface RequestPath {
  /** The address of the peer that opened the connection. */
  readonly peer: string | undefined;
  /** The header of the configured family, its lines joined by `, ` in their order. */
  readonly header: string | undefined;
  readonly family: ForwardedFamily;
  readonly trusted: TrustedPeers;
}

/** No request has passed that many proxies. */
const MOST_HOPS = 64;
/** No element of a trusted proxy is longer; the text left of that is not read. */
const LONGEST_ELEMENT = 1024;

/**
 * The address of the client: from the peer on, right to left, past every trusted hop, up to the first that is not
 * trusted (TP-02, S-48). Any client can have written the text further left. If a hop is malformed, hidden (`unknown`,
 * `_name`) or missing, the hop that reported it is the last that is known. `undefined` if the peer is not known.
 *
 * @example
 * ```ts
 * import { TrustedPeers } from "coatcheck/address";
 * import { clientAddress } from "coatcheck/client-address";
 * const trusted = new TrustedPeers(["10.0.0.0/8"], "TRUSTED_PROXIES");
 * const header = "203.0.113.9, 10.0.3.7";
 * clientAddress({ peer: "10.0.3.8", header, family: "x-forwarded-for", trusted }); // "203.0.113.9"
 * ```
 */
export function clientAddress({ peer, header, family, trusted }: RequestPath): string | undefined {
  if (peer === undefined) return undefined;
  const near = trusted.of(peer);
  if (header === undefined || !near.trusted) return near.address;
  const before = family === "forwarded" ? forwardedBefore : listedBefore;
  let client = near.address;
  for (let hops = 0, end = header.length; hops < MOST_HOPS && end > 0; hops++) {
    const hop = before(header, end);
    if (hop === undefined) break;
    end = hop.start;
    if (hop.address === undefined) break;
    client = formatAddress(hop.address);
    if (!trusted.holds(hop.address)) break;
  }
  return client;
}

/** One hop, and the index at which the text before it ends. */
interface Hop {
  readonly start: number;
  readonly address: Address | undefined;
}

const IN_BRACKETS = /^\[([0-9a-fA-F]*:[0-9a-fA-F:.]+)\](?::(?:\d{1,5}|_[\w.-]+))?$/;
const WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):(?:\d{1,5}|_[\w.-]+)$/;

/**
 * The last entry of `X-Forwarded-For` before `end`; some proxies write it with a port. Empty entries are none (RFC 9110
 * s5.6.1.2).
 */
function listedBefore(header: string, end: number): Hop | undefined {
  for (let to = end; to > 0; ) {
    const start = header.lastIndexOf(",", to - 1);
    const entry = header.slice(start + 1, to).trim();
    if (entry !== "") return { start: Math.max(0, start), address: nodeAddress(entry) ?? parseAddress(entry) };
    to = Math.max(0, start);
  }
  return undefined;
}

/**
 * The last element of `Forwarded` before `end` (RFC 7239 s4). A comma may stand within quotes, and the author of the
 * text further left may have left quotes open, so elements are taken from the right: from the last comma that a whole
 * element follows. A well-formed element cannot be cut that way: from a comma within its quotes on, it has an odd
 * number of them.
 */
function forwardedBefore(header: string, end: number): Hop | undefined {
  let to = end;
  for (let start = to; start >= 0 && to - start <= LONGEST_ELEMENT; ) {
    start = start === 0 ? -1 : header.lastIndexOf(",", start - 1);
    const text = header.slice(start + 1, to).trim();
    if (text === "") {
      if (start < 0) return undefined;
      to = start;
      continue;
    }
    const element = forwardedElement(text);
    if (element !== undefined) return { start: Math.max(0, start), address: nodeAddress(element.get("for") ?? "") };
  }
  return undefined;
}

const PAIR =
  /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*)")[ \t]*(;|$)/y;

/** The parameters of one element; `undefined` if it is malformed or names a parameter twice. */
function forwardedElement(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    if (text[at] === ";") {
      at++;
      continue;
    }
    PAIR.lastIndex = at;
    const match = PAIR.exec(text);
    if (match === null) return undefined;
    const name = (match[1] ?? "").toLowerCase();
    if (pairs.has(name)) return undefined;
    pairs.set(name, match[2] ?? (match[3] ?? "").replace(/\\(.)/g, "$1"));
    at = PAIR.lastIndex;
  }
  return pairs;
}

/** The address of a node: IPv4, or IPv6 in brackets, each with a port or without. `unknown` and `_name` have none. */
function nodeAddress(node: string): Address | undefined {
  return parseAddress(IN_BRACKETS.exec(node)?.[1] ?? WITH_PORT.exec(node)?.[1] ?? (node.includes(":") ? "" : node));
}
