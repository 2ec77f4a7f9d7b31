import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCidr, plainAddress, TrustedPeers } from "./trusted-peers.ts";

const peers = new TrustedPeers(["10.0.3.7", "192.168.0.0/16", "fd00::/8", "::ffff:172.16.0.0/108"]);

const JUDGED: readonly (readonly [address: string | undefined, trusted: boolean])[] = [
  ["10.0.3.7", true],
  ["10.0.3.8", false],
  ["192.168.255.1", true],
  ["192.169.0.1", false],
  ["::ffff:192.168.1.1", true],
  ["::ffff:c0a8:101", true],
  ["::ffff:8.8.8.8", false],
  ["fd12::1", true],
  ["fe80::1%eth0", false],
  ["fd12::1%eth0", true],
  ["172.16.0.1", true],
  ["172.32.0.1", false],
  ["", false],
  ["a", false],
  ["10.0.3.7, 10.0.3.7", false],
  ["127.0.0.1", false],
  [undefined, false],
];

test("A-32 peers are trusted by address alone, IPv4, IPv6 and mapped; what is no address is not", () => {
  for (let round = 0; round < 2; round++) {
    for (const [address, trusted] of JUDGED) assert.equal(peers.has(address), trusted, String(address));
  }
});

test("A-09 nobody is trusted by default", () => {
  assert.equal(new TrustedPeers([]).has("127.0.0.1"), false);
});

for (const everyone of ["0.0.0.0/0", "::/0", "::ffff:0:0/96", "::ffff:0.0.0.0/96", "1.2.3.4/0", "::ffff:0:0/8"]) {
  test(`A-09 refuses to trust everyone, written as ${everyone}`, () => {
    assert.throws(() => new TrustedPeers([everyone]), TypeError);
  });
}

test("malformed ranges are none", () => {
  for (const text of [
    "",
    "a",
    "10.0.0.0/33",
    "10.0.0/8",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "fd00::/129",
    "*",
    "fe80::1%eth0/64",
  ]) {
    assert.equal(parseCidr(text), undefined, text);
  }
});

const CHAINS: readonly (readonly [peer: string, forwarded: string | undefined, client: string])[] = [
  ["8.8.8.8", "1.1.1.1", "8.8.8.8"],
  ["10.0.3.7", undefined, "10.0.3.7"],
  ["10.0.3.7", "1.1.1.1", "1.1.1.1"],
  ["10.0.3.7", "6.6.6.6, 1.1.1.1", "1.1.1.1"],
  ["10.0.3.7", "6.6.6.6, 1.1.1.1, 192.168.0.9", "1.1.1.1"],
  ["::ffff:10.0.3.7", "1.1.1.1:4711", "1.1.1.1"],
  ["10.0.3.7", "[2001:db8::1]:80", "2001:db8::1"],
  ["10.0.3.7", "1.1.1.1, unknown, 192.168.0.9", "192.168.0.9"],
  ["10.0.3.7", "a", "10.0.3.7"],
];

test("S-48 the client is found from the right, past trusted hops, and never in what a stranger said", () => {
  for (const [peer, forwarded, client] of CHAINS) assert.equal(peers.clientOf(peer, forwarded), client, `${peer} ${forwarded}`);
});

test("a mapped address is the IPv4 address that it stands for", () => {
  assert.equal(plainAddress("::ffff:1.2.3.4"), "1.2.3.4");
  assert.equal(plainAddress("::ffff:102:304"), "1.2.3.4");
  assert.equal(plainAddress("::1"), "::1");
});
