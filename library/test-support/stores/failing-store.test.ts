/** A store fails where it is told to, and says what it was asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memory } from "../../src/stores/memory.ts";
import { START, sampleRow } from "../../src/testing/store-suite/rows.ts";
import { failingStore, type StoreMethod } from "./failing-store.ts";

const METHODS: readonly StoreMethod[] = ["get", "put", "touch", "end", "list", "mark", "marked", "sweep"];

test("each method fails while it is told to, alone, and all calls are counted", async () => {
  const { store, failing, calls, count } = failingStore();
  const row = sampleRow();
  const call = (method: StoreMethod): unknown =>
    ({
      get: () => store.get(row.id),
      put: () => store.put(row, "absent"),
      touch: () => store.touch(row.id, START),
      end: () => store.end({ id: row.id }, "admin", START),
      list: () => store.list({ owner: "o" }, 1, START),
      mark: () => store.mark("k", START + 1, START),
      marked: () => store.marked("k", START),
      sweep: () => store.sweep(1, START),
    })[method]();
  for (const broken of METHODS) {
    failing.add(broken);
    for (const method of METHODS) {
      if (method === broken) assert.throws(() => call(method), /^Error: the store is away$/);
      else call(method);
    }
    failing.clear();
  }
  assert.equal(calls.length, METHODS.length ** 2);
  for (const method of METHODS) assert.equal(count(method), METHODS.length, method);
  calls.length = 0;
  assert.equal(count("get"), 0);
});

test("what is written through it is in the store below", async () => {
  const real = memory();
  const { store } = failingStore(real);
  const row = sampleRow();
  assert.equal(await store.put(row, "absent"), true);
  assert.deepEqual({ ...(await real.get(row.id)) }, row);
});
