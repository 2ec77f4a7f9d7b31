import assert from "node:assert/strict";
import { test } from "node:test";
import { count, lowered, packageOf, risen } from "./ratchet.ts";

const at = (path: string) => ({ path, message: "is wrong" });

test("ratchet: violations are counted by package", () => {
  const found = [at("library/src/a.ts"), at("library/src/b.ts"), at("gateway/src/a.ts")];
  assert.deepEqual(count(found, packageOf), { library: 2, gateway: 1 });
});

test("ratchet: a count may not rise, nor begin where none is allowed", () => {
  assert.deepEqual(risen({ library: 2 }, { library: 2 }), []);
  assert.deepEqual(risen({ library: 2 }, { library: 1 }), []);
  assert.deepEqual(risen({ library: 2 }, { library: 3, gateway: 1 }), ["library", "gateway"]);
});

test("ratchet: what is allowed falls with what is found, and never rises", () => {
  assert.deepEqual(lowered({ library: 5, gateway: 2, bench: 1 }, { library: 3, gateway: 4 }), { library: 3, gateway: 2 });
});
