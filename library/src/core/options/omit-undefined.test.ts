import assert from "node:assert/strict";
import { test } from "node:test";
import { omitUndefined } from "./omit-undefined.ts";

test("what is undefined is left out, and nothing else", () => {
  const given: { readonly a: number; readonly b: string | undefined } = { a: 1, b: undefined };
  const exact: { readonly a: number; readonly b?: string } = omitUndefined(given);
  assert.deepEqual(Object.keys(exact), ["a"]);
  const kept = { none: null, zero: 0, empty: "", no: false, list: [] };
  assert.deepEqual(omitUndefined(kept), kept);
});
