import assert from "node:assert/strict";
import { test } from "node:test";
import { slotOf } from "./slot.ts";

test("a key's slot is that of the cluster specification, by its hash tag if it has one", () => {
  // 0x31C3 is the specification's own check value.
  assert.equal(slotOf("123456789"), 0x31c3 % 16_384);
  assert.equal(slotOf("foo"), 12_182);
  assert.equal(slotOf("{foo}bar"), slotOf("foo"));
  assert.equal(slotOf("a{foo}b{bar}"), slotOf("foo"));
  assert.equal(slotOf("a{}foo"), slotOf("a{}foo"));
  assert.notEqual(slotOf("{}foo"), slotOf("foo"));
  assert.equal(slotOf("x{foo"), slotOf("x{foo"));
  assert.notEqual(slotOf("x{foo"), slotOf("foo"));
});
