import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { formatAddress, inRange, parseAddress, parseRange, TrustedPeers } from "./address.ts";

const peers = new TrustedPeers(["10.0.3.7", "192.168.0.0/16", "fd00::/8", "::ffff:172.16.0.0/108", "2001:db8::1/127"]);

const JUDGED: readonly (readonly [address: string | undefined, trusted: boolean])[] = [
  ["10.0.3.7", true],
  ["10.0.3.8", false],
  ["192.168.255.1", true],
  ["192.169.0.1", false],
  ["::ffff:192.168.1.1", true],
  ["::ffff:c0a8:101", true],
  ["::FFFF:c0a8:101", true],
  ["0:0:0:0:0:ffff:192.168.1.1", true],
  ["::ffff:8.8.8.8", false],
  ["::192.168.1.1", false],
  ["fd12::1", true],
  ["FD12::1", true],
  ["fe80::1%eth0", false],
  ["fd12::1%eth0", true],
  ["172.16.0.1", true],
  ["172.32.0.1", false],
  ["2001:db8::", true],
  ["2001:db8::1", true],
  ["2001:db8::2", false],
  ["", false],
  ["a", false],
  ["10.0.3.7, 10.0.3.7", false],
  [" 10.0.3.7", false],
  ["10.0.3.7\n", false],
  ["010.0.3.7", false],
  ["167772935", false],
  ["127.0.0.1", false],
  ["unix", false],
  [undefined, false],
];

test("S-28 A-32 peers are trusted by address alone, IPv4, IPv6 and mapped; what is no address is not", () => {
  for (let round = 0; round < 2; round++) {
    for (const [address, trusted] of JUDGED) assert.equal(peers.has(address), trusted, String(address));
  }
});

test("S-28 connections over a unix socket are trusted if they are named", () => {
  const local = new TrustedPeers(["unix"]);
  assert.equal(local.has("unix"), true);
  assert.equal(local.has("127.0.0.1"), false);
  assert.equal(local.has(""), false);
  assert.equal(local.has(undefined), false);
});

test("TP-01 A-09 no peer is trusted by default", () => {
  for (const address of ["127.0.0.1", "::1", "unix", ""]) assert.equal(new TrustedPeers([]).has(address), false);
});

const EVERYONE = [
  "0.0.0.0/0",
  "1.2.3.4/0",
  "::/0",
  "fd00::/0",
  "::ffff:0:0/96",
  "::ffff:0.0.0.0/96",
  "::ffff:1.2.3.4/96",
  "::ffff:0:0/8",
  "::/8",
  "::/64",
  "0:0:0:0:0:ffff::/96",
];
for (const everyone of EVERYONE) {
  test(`TP-01 A-09 refuses to trust everyone, written as ${everyone}`, () => {
    assert.throws(() => new TrustedPeers(["10.0.0.0/8", everyone], "trustedProxies"), {
      name: "TypeError",
      message:
        `trustedProxies[1] is ${everyone}, which trusts everyone\n` +
        "  Anyone could then claim to be any user. Name the addresses of your proxy, for example 10.0.3.7/32.",
    });
  });
}

const MALFORMED = [
  "",
  "a",
  "*",
  "10.0.0.0/33",
  "10.0.0/8",
  "10.0.0.0/",
  "10.0.0.0/-1",
  "10.0.0.0/8/8",
  "10.0.0.0/ 8",
  "10.0.0.0/8 ",
];
const MALFORMED6 = [
  "fd00::/129",
  "fe80::1%eth0/64",
  "fe80::1%eth0",
  "[fd00::]/8",
  "fd00:::/8",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
];
test("malformed ranges are none, and say where they stand", () => {
  for (const text of [
    ...MALFORMED,
    ...MALFORMED6,
    "1::2::3",
    "12345::",
    "::1.2.3",
    "1.2.3.4::",
    "::1.2.3.4:5",
    ":1",
    "1:",
    "UNIX",
  ]) {
    assert.equal(parseRange(text), undefined, text);
    assert.throws(() => new TrustedPeers([text]), /^TypeError: trusted\[0\] is .*, which is no address range/, text);
  }
});

test("a mapped address is the IPv4 address that it stands for, and every address has one spelling", () => {
  const spellings: readonly (readonly [given: string, plain: string])[] = [
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::ffff:102:304", "1.2.3.4"],
    ["::1", "::1"],
    ["::", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1::", "1::"],
    ["fe80::1%eth0", "fe80::1"],
    ["::1.2.3.4", "::102:304"],
    ["nonsense", "nonsense"],
  ];
  const peers = new TrustedPeers([]);
  for (const [given, plain] of spellings) assert.equal(peers.of(given).address, plain);
});

const groups6 = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 });
const text6 = groups6.map((groups) => groups.map((group) => group.toString(16)).join(":"));
const text4 = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }).map((octets) => octets.join("."));
const address = fc.oneof(text4, text6);

test("what is written can be read again, and node:net reads the same", () => {
  fc.assert(
    fc.property(address, (text) => {
      const parsed = parseAddress(text);
      assert.ok(parsed !== undefined);
      const written = formatAddress(parsed);
      assert.deepEqual(parseAddress(written), parsed);
      assert.notEqual(isIP(written), 0);
      if (text.includes(":") && parsed.length === 8) assert.equal(new URL(`http://[${text}]`).hostname, `[${written}]`);
    }),
  );
});

test("what node:net takes for no address is none", () => {
  const junk = fc.string({ unit: fc.constantFrom(..."0123456789abcdef:.%[]/ "), maxLength: 24 });
  fc.assert(
    fc.property(junk, (text) => (isIP(text) !== 0 && !text.includes("%")) === (parseAddress(text) !== undefined)),
    {
      numRuns: 2_000,
    },
  );
});

test("S-28 ranges hold what node:net says they hold", () => {
  const cases = fc.oneof(
    fc.record({ base: text4, other: text4, bits: fc.integer({ min: 1, max: 32 }), flip: fc.integer({ min: 0, max: 31 }) }),
    fc.record({ base: text6, other: text6, bits: fc.integer({ min: 97, max: 128 }), flip: fc.integer({ min: 0, max: 127 }) }),
  );
  fc.assert(
    fc.property(cases, ({ base, other, bits, flip }) => {
      const [from, range] = [parseAddress(base), parseRange(`${base}/${bits}`)];
      if (from === undefined || range === undefined || (from.length === 2 && base.includes(":"))) return;
      const family = from.length === 2 ? "ipv4" : "ipv6";
      const list = new BlockList();
      list.addSubnet(base, bits, family);
      const near = from.map((group, index) => (index === Math.floor(flip / 16) ? group ^ (0x8000 >> (flip % 16)) : group));
      for (const one of [from, near, parseAddress(other)]) {
        if (one === undefined || one.length !== from.length) continue;
        assert.equal(inRange(one, range), list.check(formatAddress(one), family), `${formatAddress(one)} in ${base}/${bits}`);
      }
    }),
  );
});

test("S-28 a cache that any client can fill is bounded, and answers right", () => {
  const many = new TrustedPeers(["10.0.0.0/8"]);
  for (let index = 0; index < 5_000; index++) {
    assert.equal(many.has(`10.0.${index >> 8}.${index & 255}`), true);
    assert.equal(many.has(`11.0.${index >> 8}.${index & 255}`), false);
  }
});

const TOGETHER: readonly (readonly [ranges: readonly string[], family: string])[] = [
  [["0.0.0.0/1", "128.0.0.0/1"], "IPv4"],
  [["128.0.0.0/1", "10.1.2.3", "64.0.0.0/2", "0.0.0.0/2"], "IPv4"],
  [["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"], "IPv4"],
  [["1.0.0.0/8", "2.0.0.0/7", "4.0.0.0/6", "8.0.0.0/5", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/1"], "IPv4"],
  [["::ffff:0.0.0.0/97", "::ffff:128.0.0.0/97"], "IPv4"],
  [["2000::/3"], "IPv6"],
  [["2000::/4", "3000::/4", "10.0.0.1"], "IPv6"],
];
for (const [ranges, family] of TOGETHER) {
  test(`F-10 refuses ranges that hold all addresses together: ${ranges.join(" ")}`, () => {
    assert.throws(() => new TrustedPeers(ranges, "trustedProxies"), {
      name: "TypeError",
      message: new RegExp(`^trustedProxies .*together hold every public ${family} address, which trusts everyone\\n`),
    });
  });
}

test("F-10 ranges that leave an address out are taken, private ones in any number", () => {
  for (const ranges of [
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1"],
    ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/4"],
    ["2000::/4"],
    [],
  ]) {
    assert.doesNotThrow(() => new TrustedPeers(ranges), ranges.join());
  }
});

test("peers are remembered, a thousand of them, and forgotten when one more comes", () => {
  const some = new TrustedPeers(["10.0.0.0/8"]);
  const text = (index: number): string => `10.0.${index >> 8}.${index & 255}`;
  const first = some.of(text(0));
  for (let index = 1; index < 1_024; index++) some.of(text(index));
  assert.equal(some.of(text(0)), first);
  some.of(text(1_024));
  const again = some.of(text(0));
  assert.notEqual(again, first);
  assert.deepEqual(again, first);
});

test("a peer is named in its one spelling; what is no address, and an absent one, as they are", () => {
  const some = new TrustedPeers(["10.0.0.0/8", "unix"]);
  assert.deepEqual(some.of("::ffff:10.0.0.1"), { address: "10.0.0.1", trusted: true });
  assert.deepEqual(some.of("fe80::1%eth0"), { address: "fe80::1", trusted: false });
  assert.deepEqual(some.of("unix"), { address: "unix", trusted: true });
  assert.deepEqual(some.of("nonsense"), { address: "nonsense", trusted: false });
  assert.deepEqual(some.of("%eth0"), { address: "%eth0", trusted: false });
  assert.deepEqual(some.of(undefined), { address: "", trusted: false });
  assert.deepEqual(new TrustedPeers([]).of("unix"), { address: "unix", trusted: false });
});

test("addresses at the edges of what can be written", () => {
  for (const [text, groups] of [
    ["255.255.255.255", [0xffff, 0xffff]],
    ["0.0.0.0", [0, 0]],
    ["1.2.3.4", [0x102, 0x304]],
    ["1:2:3:4:5:6:7::", [1, 2, 3, 4, 5, 6, 7, 0]],
    ["::2:3:4:5:6:7:8", [0, 2, 3, 4, 5, 6, 7, 8]],
    ["1:2:3:4:5:6:1.2.3.4", [1, 2, 3, 4, 5, 6, 0x102, 0x304]],
    ["::ffff:0:1.2.3.4", [0, 0, 0, 0, 0xffff, 0, 0x102, 0x304]],
    ["1::ffff:1.2.3.4", [1, 0, 0, 0, 0, 0xffff, 0x102, 0x304]],
    ["ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", new Array(8).fill(0xffff)],
  ] as const)
    assert.deepEqual(parseAddress(text), groups, text);
  for (const text of [
    "256.1.1.1",
    "1.256.1.1",
    "1.1.256.1",
    "1.1.1.256",
    "1.2.3",
    "1.2.3.4.5",
    "1:2:3:4::5:6:7:8",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1.2.3.4::1",
    "1.2.3.4:1::",
    "00000:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
  ])
    assert.equal(parseAddress(text), undefined, text);
});

test("ranges keep the bits that count, and those of IPv4 that is written as IPv6 lose ninety-six", () => {
  for (const [text, bits, groups] of [
    ["10.0.0.0/8", 8, 2],
    ["10.0.0.1", 32, 2],
    ["10.0.0.1/32", 32, 2],
    ["10.0.0.1/0", 0, 2],
    ["::1", 128, 8],
    ["fd00::/128", 128, 8],
    ["::ffff:10.0.0.0/104", 8, 2],
    ["::ffff:10.0.0.0", 32, 2],
    ["::ffff:10.0.0.0/97", 1, 2],
    ["::ffff:10.0.0.0/96", 0, 2],
    ["::ffff:10.0.0.0/95", 0, 2],
    ["::fffe:0:0/95", 0, 8],
    ["::fffe:0:0/96", 96, 8],
    ["::fffd:0:0/95", 95, 8],
    ["1::/15", 0, 8],
    ["2::/15", 15, 8],
    ["1::/16", 16, 8],
    ["0:0:0:0:1::/79", 0, 8],
    ["0:0:0:0:1::/80", 80, 8],
  ] as const) {
    const range = parseRange(text);
    assert.deepEqual([range?.bits, range?.address.length], [bits, groups], text);
  }
});

test("no address of one family is in a range of the other", () => {
  const range = (text: string) => parseRange(text) ?? assert.fail(text);
  const read = (text: string) => parseAddress(text) ?? assert.fail(text);
  assert.equal(inRange(read("a00::1"), range("10.0.0.0/8")), false);
  assert.equal(inRange(read("10.0.0.1"), range("a00::/8")), false);
});

const PUBLIC_BUT = (missing: string): readonly string[] =>
  ["1.0.0.0/8", "2.0.0.0/7", "4.0.0.0/6", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3"]
    .concat("64.0.0.0/3", "96.0.0.0/6", "100.0.0.0/10", "100.128.0.0/9", "101.0.0.0/8", "102.0.0.0/7", "104.0.0.0/5")
    .concat("112.0.0.0/5", "120.0.0.0/6", "124.0.0.0/7", "126.0.0.0/8", "128.0.0.0/3", "160.0.0.0/5", "168.0.0.0/8")
    .concat("169.0.0.0/9", "169.128.0.0/10", "169.192.0.0/11", "169.224.0.0/12", "169.240.0.0/13", "169.248.0.0/14")
    .concat("169.252.0.0/15", "169.255.0.0/16", "170.0.0.0/7", "172.0.0.0/12", "172.32.0.0/11", "172.64.0.0/10")
    .concat("172.128.0.0/9", "173.0.0.0/8", "174.0.0.0/7", "176.0.0.0/4", "192.0.0.0/9", "192.128.0.0/11")
    .concat("192.160.0.0/13", "192.169.0.0/16", "192.170.0.0/15", "192.172.0.0/14", "192.176.0.0/12", "192.192.0.0/10")
    .concat("193.0.0.0/8", "194.0.0.0/7", "196.0.0.0/6", "200.0.0.0/5", "208.0.0.0/4")
    .filter((range) => range !== missing);

test("F-10 all but private and unassigned ranges hold everyone, and each of them is needed for that", () => {
  assert.throws(() => new TrustedPeers(PUBLIC_BUT("")), /together hold every public IPv4 address/);
  for (const missing of PUBLIC_BUT("")) assert.doesNotThrow(() => new TrustedPeers(PUBLIC_BUT(missing)), missing);
  assert.throws(() => new TrustedPeers(["2000::/4", "3000::/4"]), /hold every public IPv6 address/);
  assert.doesNotThrow(() => new TrustedPeers(["2000::/4", "3000::/5"]));
});

test("F-10 the ranges that hold all addresses are named as they were given", () => {
  assert.throws(() => new TrustedPeers(["0.0.0.0/1", "128.0.0.0/1"], "trustedProxies"), {
    message: /^trustedProxies \(0\.0\.0\.0\/1, 128\.0\.0\.0\/1\) together/,
  });
});
