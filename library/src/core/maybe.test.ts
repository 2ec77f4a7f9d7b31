import assert from "node:assert/strict";
import { test } from "node:test";
import { andThen } from "./maybe.ts";

const sum = (value: number, more = 0): number => value + more;

test("a value that is here is gone on with at once, without a promise", () => {
  assert.equal(andThen(1, sum), 1);
  assert.equal(andThen(1, sum, 2), 3);
});

test("a promise is gone on with when it has settled, with the same context", async () => {
  const later = andThen(Promise.resolve(1), sum, 2);
  assert.ok(later instanceof Promise);
  assert.equal(await later, 3);
  assert.equal(await andThen(Promise.resolve(1), sum), 1);
});

test("the next step may be a promise itself", async () => {
  assert.equal(await andThen(1, (value) => Promise.resolve(value + 1)), 2);
  assert.equal(await andThen(Promise.resolve(1), (value) => Promise.resolve(value + 1)), 2);
});

test("what is thrown is thrown at once, or rejects; a promise that rejects is not gone on with", async () => {
  const failing = (): never => {
    throw new Error("next");
  };
  assert.throws(() => andThen(1, failing), /next/);
  await assert.rejects(async () => andThen(Promise.resolve(1), failing), /next/);
  await assert.rejects(async () => andThen(Promise.reject(new Error("before")), failing), /before/);
});
