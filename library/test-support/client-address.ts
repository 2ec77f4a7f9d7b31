import type { ForwardedFamily } from "../src/net/client-address.ts";

/** One header, and the client by it. The peer is `10.0.0.1` if none is named. */
export interface AddressVector {
  readonly family: ForwardedFamily;
  readonly header: string;
  readonly client: string;
  readonly why: string;
  readonly peer?: string;
}

/** Whom the vectors trust. */
export const TRUSTED: readonly string[] = ["10.0.0.0/8", "fd00::/8", "2001:db8:ffff::/48", "unix"];

type Line = readonly [header: string, client: string, why: string, peer?: string];

const X_FORWARDED_FOR: readonly Line[] = [
  ["1.1.1.1", "1.1.1.1", "one hop"],
  ["6.6.6.6, 1.1.1.1", "1.1.1.1", "the left entry is the client's own invention"],
  ["6.6.6.6,1.1.1.1", "1.1.1.1", "without a space"],
  ["6.6.6.6 ,\t1.1.1.1\t", "1.1.1.1", "with tabs"],
  ["6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1", "past one trusted hop"],
  ["6.6.6.6, 1.1.1.1, 10.0.0.2, 10.9.9.9", "1.1.1.1", "past two trusted hops"],
  ["10.0.0.3, 6.6.6.6, 10.0.0.2", "6.6.6.6", "a trusted address left of a stranger is an invention"],
  ["10.0.0.3, 10.0.0.2", "10.0.0.3", "all trusted: the farthest"],
  ["", "10.0.0.1", "empty: the peer"],
  [" ", "10.0.0.1", "blank: the peer"],
  [",", "10.0.0.1", "nothing but a comma"],
  [",,,,", "10.0.0.1", "nothing but commas"],
  ["1.1.1.1,", "1.1.1.1", "a trailing comma"],
  [",1.1.1.1", "1.1.1.1", "a leading comma"],
  ["1.1.1.1, , ,10.0.0.2", "1.1.1.1", "empty entries between"],
  ["1.1.1.1:4711", "1.1.1.1", "with a port"],
  ["1.1.1.1:99999999", "10.0.0.1", "with what is no port"],
  ["2001:db8::7", "2001:db8::7", "bare IPv6"],
  ["2001:DB8:0:0:0:0:0:7", "2001:db8::7", "IPv6 in its one spelling"],
  ["[2001:db8::7]", "2001:db8::7", "IPv6 in brackets"],
  ["[2001:db8::7]:443", "2001:db8::7", "IPv6 with a port"],
  ["1.1.1.1, fd00::2", "1.1.1.1", "past a trusted IPv6 hop"],
  ["::ffff:1.1.1.1", "1.1.1.1", "IPv4-mapped"],
  ["::ffff:101:101", "1.1.1.1", "IPv4-mapped, in hexadecimal"],
  ["1.1.1.1, ::ffff:10.0.0.2", "1.1.1.1", "past a trusted hop that is written as mapped"],
  ["fe80::1%eth0", "10.0.0.1", "a zone is no client's address"],
  ["[fe80::1%25eth0]:80", "10.0.0.1", "nor is one in brackets"],
  ["unknown", "10.0.0.1", "unknown"],
  ["1.1.1.1, unknown, 10.0.0.2", "10.0.0.2", "what an unknown hop hides is not believed"],
  ["a", "10.0.0.1", "A-32 garbage"],
  ["6.6.6.6, a", "10.0.0.1", "A-32 garbage does not give way to what stands left of it"],
  ["6.6.6.6 1.1.1.1", "10.0.0.1", "two addresses in one entry"],
  ["1.1.1.256", "10.0.0.1", "an octet too large"],
  ["01.1.1.1", "10.0.0.1", "a leading zero may mean octal"],
  ["0x01010101", "10.0.0.1", "hexadecimal"],
  ["1.1.1", "10.0.0.1", "three octets"],
  ["[1.1.1.1]", "10.0.0.1", "IPv4 in brackets"],
  ["[2001:db8::7", "10.0.0.1", "an open bracket"],
  ["2001:db8::7::1", "10.0.0.1", "two gaps"],
  ['"1.1.1.1"', "10.0.0.1", "quotes are of the other family"],
  ["for=1.1.1.1", "10.0.0.1", "so are parameters"],
  ["1.1.1.1", "8.8.8.8", "a stranger says nothing about others", "8.8.8.8"],
  ["10.0.0.1", "8.8.8.8", "nor that it is a proxy", "8.8.8.8"],
  ["1.1.1.1", "1.1.1.1", "a mapped peer is trusted as what it stands for", "::ffff:10.0.0.1"],
  ["1.1.1.1", "1.1.1.1", "a trusted peer of IPv6", "fd00::1"],
  ["1.1.1.1", "1.1.1.1", "a unix socket", "unix"],
  ["1.1.1.1", "", "an empty peer is no client", ""],
];

const FORWARDED: readonly Line[] = [
  ["for=1.1.1.1", "1.1.1.1", "one hop"],
  ["For=1.1.1.1", "1.1.1.1", "names know no case"],
  ["FOR=1.1.1.1;PROTO=https", "1.1.1.1", "nor do the others"],
  ["for=6.6.6.6, for=1.1.1.1", "1.1.1.1", "the left element is the client's own invention"],
  ["for=6.6.6.6,for=1.1.1.1;by=10.0.0.2,for=10.0.0.2", "1.1.1.1", "past a trusted hop"],
  ["proto=https;by=203.0.113.43;for=1.1.1.1", "1.1.1.1", "the order is free"],
  ["for=1.1.1.1;proto=http;by=203.0.113.43;host=example.com", "1.1.1.1", "with everything"],
  ['for="1.1.1.1"', "1.1.1.1", "quoted without need"],
  ['for="1.1.1.1:4711"', "1.1.1.1", "with a port"],
  ['for="1.1.1.1:_p0rt"', "1.1.1.1", "with a hidden port"],
  ['for="[2001:db8:cafe::17]"', "2001:db8:cafe::17", "IPv6"],
  ['For="[2001:DB8:cafe::17]:4711"', "2001:db8:cafe::17", "IPv6 with a port"],
  ['for=1.1.1.1, for="[2001:db8:ffff::1]:80"', "1.1.1.1", "past a trusted hop of IPv6"],
  ['for="1\\.1\\.1\\.1"', "1.1.1.1", "with escapes that change nothing"],
  ['for="\\[2001:db8::7\\]"', "2001:db8::7", "with escapes of brackets"],
  ['for=1.1.1.1;x="a,b"', "1.1.1.1", "a comma within quotes parts nothing"],
  ['for=1.1.1.1;x="a,for=6.6.6.6"', "1.1.1.1", "an element within quotes is none"],
  ['for=1.1.1.1;x="a\\",for=6.6.6.6;y=\\""', "1.1.1.1", "an escaped quote ends nothing"],
  ['for=1.1.1.1;x="\\\\", for=10.0.0.2', "1.1.1.1", "an escaped backslash escapes nothing"],
  ['for="6.6.6.6, for=1.1.1.1', "1.1.1.1", "a quote left open by the client takes nothing of what a proxy added"],
  ['x="\\, for=1.1.1.1, for=10.0.0.2', "1.1.1.1", "nor does one with a backslash"],
  ['for="6.6.6.6, for=1.1.1.1;host="a"', "1.1.1.1", "nor one that later quotes seem to close"],
  ["for=unknown", "10.0.0.1", "unknown"],
  ["for=6.6.6.6, for=unknown, for=10.0.0.2", "10.0.0.2", "what an unknown hop hides is not believed"],
  ["for=_gazonk", "10.0.0.1", "a hidden name"],
  ['for=6.6.6.6, for="_SEVKISEK"', "10.0.0.1", "a hidden name in quotes"],
  ['for="_mdn:80"', "10.0.0.1", "a hidden name with a port"],
  ["for=6.6.6.6, proto=https", "10.0.0.1", "an element without a client hides what stands left of it"],
  ["for=6.6.6.6;for=1.1.1.1", "10.0.0.1", "two names in one element"],
  ["for=1.1.1.1;;proto=https;", "1.1.1.1", "empty pairs"],
  ["for=1.1.1.1; proto=https", "1.1.1.1", "a space after a semicolon, as many write it"],
  ["for=1.1.1.1, ,for=10.0.0.2,", "1.1.1.1", "empty elements"],
  [", for=1.1.1.1", "1.1.1.1", "an empty first line"],
  ["", "10.0.0.1", "empty: the peer"],
  [";", "10.0.0.1", "nothing but a semicolon"],
  ["for", "10.0.0.1", "no value"],
  ["for=", "10.0.0.1", "an empty value"],
  ['for=""', "10.0.0.1", "an empty value in quotes"],
  ["for = 1.1.1.1", "10.0.0.1", "spaces around the sign"],
  ["for=[2001:db8::7]", "10.0.0.1", "IPv6 without quotes is no token"],
  ["for=2001:db8::7", "10.0.0.1", "nor is it without brackets"],
  ['for="2001:db8::7"', "10.0.0.1", "nor does it count without brackets in quotes"],
  ["for=1.1.1.1:80", "10.0.0.1", "a port without quotes"],
  ['for="1.1.1.1', "10.0.0.1", "a quote left open by the last proxy"],
  ['for="1.1.1.1" x', "10.0.0.1", "something after a value"],
  ["1.1.1.1", "10.0.0.1", "the other family"],
  ['for="[fe80::1%25eth0]"', "10.0.0.1", "a zone"],
  ['for="[::ffff:1.1.1.1]"', "1.1.1.1", "IPv4-mapped"],
  ["for=1.1.1.1", "8.8.8.8", "a stranger says nothing about others", "8.8.8.8"],
];

const vectors = (family: ForwardedFamily, lines: readonly Line[]): readonly AddressVector[] =>
  lines.map(([header, client, why, peer]) => ({ family, header, client, why, ...(peer === undefined ? {} : { peer }) }));

/** Every vector. */
export const VECTORS: readonly AddressVector[] = [
  ...vectors("x-forwarded-for", X_FORWARDED_FOR),
  ...vectors("forwarded", FORWARDED),
];
