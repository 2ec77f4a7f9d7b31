import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TRUSTED, VECTORS } from "../../test-support/client-address.ts";
import { TrustedPeers } from "./address.ts";
import { clientAddress } from "./client-address.ts";

const trusted = new TrustedPeers(TRUSTED);
const PEER = "10.0.0.1";

test("there are sixty vectors and more, each of its own", () => {
  assert.ok(VECTORS.length >= 60);
  assert.equal(new Set(VECTORS.map(({ family, header, peer }) => `${family} ${header} ${peer}`)).size, VECTORS.length);
});

for (const { family, header, client, why, peer = PEER } of VECTORS) {
  test(`TP-02 S-48 ${family} ${JSON.stringify(header)}: ${why}`, () => {
    assert.equal(clientAddress({ peer, header, family, trusted }), client);
  });
}

test("TP-02 several lines count as one, in their order", () => {
  for (const header of [["for=6.6.6.6", "for=1.1.1.1", "for=10.0.0.2"].join(", "), ["", "for=1.1.1.1", ""].join(", ")]) {
    assert.equal(clientAddress({ peer: PEER, header, family: "forwarded", trusted }), "1.1.1.1");
  }
});

test("TP-01 without trusted peers no header counts, and without a peer no client is known", () => {
  const none = new TrustedPeers([]);
  assert.equal(clientAddress({ peer: PEER, header: "1.1.1.1", family: "x-forwarded-for", trusted: none }), PEER);
  assert.equal(clientAddress({ peer: undefined, header: "1.1.1.1", family: "x-forwarded-for", trusted }), undefined);
  assert.equal(clientAddress({ peer: PEER, header: undefined, family: "x-forwarded-for", trusted }), PEER);
});

test("TP-02 a road of trusted hops without an end has one", () => {
  const header = new Array(500).fill("10.0.0.2").join(", ");
  assert.equal(clientAddress({ peer: PEER, header: `1.1.1.1, ${header}`, family: "x-forwarded-for", trusted }), "10.0.0.2");
});

const octet = fc.integer({ min: 0, max: 255 });
const stranger = fc.tuple(fc.integer({ min: 11, max: 255 }), octet, octet, octet).map((octets) => octets.join("."));
const parameter = fc.string({ minLength: 0, maxLength: 20, unit: fc.constantFrom(...'a,;=\\" for1.:[]') });
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;

test("TP-02 whatever a client wrote first, a proxy's element after it is the one that counts", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), stranger, parameter, fc.boolean(), (invented, client, extra, hop) => {
      const line = invented.replace(/[^\x20-\x7e]/g, "");
      const element = `for=${client};x=${quoted(extra)}`;
      const header = `${line}, ${element}${hop ? `, for=10.0.0.2;x=${quoted(extra)}` : ""}`;
      assert.equal(clientAddress({ peer: PEER, header, family: "forwarded", trusted }), client);
    }),
  );
});

test("TP-02 spoofed left entries never win in X-Forwarded-For", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), stranger, (invented, client) => {
      const header = `${invented}, ${client}, 10.0.0.2`;
      assert.equal(clientAddress({ peer: PEER, header, family: "x-forwarded-for", trusted }), client);
    }),
  );
});

test("TP-02 hostile headers cost no more than their length", () => {
  // What is judged is the processor's time: the machine may have others to serve.
  const started = process.cpuUsage();
  for (const header of [
    ",".repeat(16_000),
    'x="'.repeat(5_000),
    `${'",'.repeat(8_000)}`,
    ";".repeat(16_000),
    'for="\\'.repeat(3_000),
  ]) {
    assert.equal(clientAddress({ peer: PEER, header, family: "forwarded", trusted }), PEER);
  }
  assert.ok(process.cpuUsage(started).user < 2_000_000);
});

test("TP-02 a request has passed sixty-four proxies at most", () => {
  const family = "x-forwarded-for";
  const past = (hops: number): string => `1.1.1.1, ${new Array(hops).fill("10.0.0.2").join(", ")}`;
  assert.equal(clientAddress({ peer: PEER, header: past(63), family, trusted }), "1.1.1.1");
  assert.equal(clientAddress({ peer: PEER, header: past(64), family, trusted }), "10.0.0.2");
});
