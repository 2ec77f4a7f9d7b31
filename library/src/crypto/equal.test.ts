import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { equalHash, sameSecret } from "./equal.ts";
import { hashSecret } from "./ticket.ts";

test("S-09 equalHash says the same as comparing does, for any two texts", () => {
  const text = fc.string({ unit: "binary", maxLength: 50 });
  fc.assert(fc.property(text, text, (a, b) => equalHash(a, b) === (a === b) && equalHash(a, a)));
});

test("CR-11 a hash that differs in one character, wherever it is, is another hash", () => {
  const hash = hashSecret("secret");
  for (let index = 0; index < hash.length; index++) {
    const other = hash.slice(0, index) + (hash[index] === "A" ? "B" : "A") + hash.slice(index + 1);
    assert.equal(equalHash(hash, other), false);
  }
  assert.equal(equalHash(hash, hash.slice(0, -1)), false);
  assert.equal(equalHash(hash, `${hash}A`), false);
  assert.equal(equalHash("", ""), true);
});

test("CR-11 sameSecret compares secrets of any length", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 50 });
  fc.assert(fc.property(text, text, (a, b) => sameSecret(a, b) === (a === b) && sameSecret(a, a) && !sameSecret(a, `${a} `)));
});
