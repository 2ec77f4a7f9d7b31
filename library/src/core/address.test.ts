import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { formatAddress, inRange, parseAddress, parseRange, plainAddress, TrustedPeers } from "./address.ts";

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

test("S-28 connections over a unix socket are trusted where they are named", () => {
  const local = new TrustedPeers(["unix"]);
  assert.equal(local.has("unix"), true);
  assert.equal(local.has("127.0.0.1"), false);
  assert.equal(local.has(""), false);
  assert.equal(local.has(undefined), false);
});

test("TP-01 A-09 nobody is trusted by default", () => {
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
  for (const [given, plain] of spellings) assert.equal(plainAddress(given), plain);
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

test("S-28 a memory that anybody can fill is bounded, and remembers right", () => {
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
  test(`F-10 refuses ranges that hold everybody together: ${ranges.join(" ")}`, () => {
    assert.throws(() => new TrustedPeers(ranges, "trustedProxies"), {
      name: "TypeError",
      message: new RegExp(`^trustedProxies .*together hold every public ${family} address, which trusts everyone\\n`),
    });
  });
}

test("F-10 ranges that leave somebody out are taken, private ones in any number", () => {
  for (const ranges of [
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1"],
    ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/4"],
    ["2000::/4"],
    [],
  ]) {
    assert.doesNotThrow(() => new TrustedPeers(ranges), ranges.join());
  }
});
