import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionRow } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
import { memory } from "./memory.ts";

storeSuite("memory", { make: () => ({ store: memory() }) });

test("memory answers with values, never with promises", () => {
  const store = memory();
  const row = sampleRow({ owner: "o" });
  const answers = [
    store.put(row, "absent"),
    store.get(row.id),
    store.touch(row.id, START),
    store.list({ owner: "o" }, 1, START),
    store.end({ owner: "o" }, "admin", START),
    store.mark("k", START + 1, START),
    store.marked("k", START),
    store.sweep(1, START),
    store.close(),
  ];
  for (const answer of answers) assert.equal(answer instanceof Promise, false);
});

test("memory hands out the same frozen row until it changes", () => {
  const store = memory();
  const row = sampleRow();
  store.put(row, "absent");
  const first = store.get(row.id);
  assert.ok(Object.isFrozen(first));
  assert.equal(store.get(row.id), first);
  store.touch(row.id, row.seen);
  assert.equal(store.get(row.id), first);
  store.touch(row.id, row.seen + 1);
  assert.notEqual(store.get(row.id), first);
});

test("memory keeps no property that a row does not have", () => {
  const store = memory();
  const row = sampleRow();
  const padded: SessionRow & { readonly secret: string } = { ...row, secret: "x" };
  store.put(padded, "absent");
  assert.deepEqual({ ...store.get(row.id) }, row);
});

test("a full memory store refuses a new session, drops expired ones first, and never a live one", () => {
  const store = memory({ maxSessions: 2 });
  const live = sampleRow();
  store.put(live, "absent");
  store.put(sampleRow({ created: START - HOUR, expires: START - 1 }), "absent");
  assert.equal(store.put(sampleRow({ created: START }), "absent"), true);
  const full = (error: unknown): boolean =>
    error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE" && /full: it holds 2 sessions/.test(error.message);
  assert.throws(() => store.put(sampleRow(), "absent"), full);
  assert.equal(store.put({ ...live, version: 2 }, 1), true);
  assert.equal(store.put(live, "absent"), false);
});

test("memory refuses a limit that is none", () => {
  for (const maxSessions of [0, -1, Number.NaN]) assert.throws(() => memory({ maxSessions }), TypeError);
});

test("a listener that throws does not undo an ending, nor keep it from the others", () => {
  const store = memory();
  const told: string[] = [];
  store.watch?.(() => {
    throw new Error("boom");
  });
  store.watch?.(({ id }) => told.push(id));
  const row = sampleRow();
  store.put(row, "absent");
  assert.deepEqual(store.end({ id: row.id }, "logout", START), [row.id]);
  assert.deepEqual(told, [row.id]);
});
