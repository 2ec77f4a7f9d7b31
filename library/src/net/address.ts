/** What `coatcheck/address` publishes: addresses, ranges and trusted peers. */
export { type Address, type AddressRange, formatAddress, inRange, parseAddress, parseRange } from "./ip-address.ts";
export { isPrivateHost } from "./private-host.ts";
export { type Peer, TrustedPeers, UNIX } from "./trusted-peers.ts";
