/** What `coatcheck/address` publishes: addresses, ranges and trusted peers. */
export { type Address, type AddressRange, formatAddress, inRange, parseAddress, parseRange } from "./ip-address.ts";
export { type Peer, TrustedPeers, UNIX } from "./trusted-peers.ts";
