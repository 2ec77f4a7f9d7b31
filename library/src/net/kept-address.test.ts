import assert from "node:assert/strict";
import { test } from "node:test";
import { keptAddress, networkOf, wholeAddress } from "./kept-address.ts";

test("S-61 OP-03 of an address its network is kept, or all of it in its one form", () => {
  const known: readonly (readonly [given: string, network: string | undefined, whole: string | undefined])[] = [
    ["192.0.2.77", "192.0.2.0/24", "192.0.2.77"],
    ["::ffff:192.0.2.77", "192.0.2.0/24", "192.0.2.77"],
    ["2001:DB8:7:1:2:3:4:5", "2001:db8:7::/48", "2001:db8:7:1:2:3:4:5"],
    ["::1", "::/48", "::1"],
    ["fe80::1", "fe80::/48", "fe80::1"],
    ["unix", undefined, undefined],
    ["192.0.2.77, 10.0.0.1", undefined, undefined],
    ["", undefined, undefined],
  ];
  for (const [given, network, whole] of known) {
    assert.equal(networkOf(given), network, given);
    assert.equal(wholeAddress(given), whole, given);
  }
});

test("S-61 what is to be kept of an address is one of a few words", () => {
  const given = [undefined, false, true, "hash", "truncated", "full"] as const;
  assert.deepEqual(given.map(keptAddress), [null, null, "hash", "hash", "truncated", "full"]);
  assert.throws(() => keptAddress(JSON.parse('"some"')), /keep\.address is some/);
});
