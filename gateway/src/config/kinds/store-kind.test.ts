import assert from "node:assert/strict";
import { test } from "node:test";
import { readKind } from "../../../test-support/read-kind.ts";
import { formatStore, store } from "./store-kind.ts";

test("F-46 a store is memory: or sqlite: with a path", () => {
  assert.deepEqual(readKind(store, "memory:"), { kind: "memory" });
  for (const path of ["a", "/var/lib/a.db", ":memory:"])
    assert.deepEqual(readKind(store, `sqlite:${path}`), { kind: "sqlite", path });
});

test("F-46 what is no store is told from what is none yet, and no address is shown", () => {
  const table: readonly (readonly [raw: unknown, words: RegExp])[] = [
    ["sqlite:", / is sqlite:, which is no store Use /],
    ["memory", / is memory, which is no store /],
    ["a.db", / is a\.db, which is no store /],
    ["a.sqlite:", / is a\.sqlite:, which is no store /],
    [7, / is 7, which is no store /],
    [null, / is null, which is no store /],
    ["mysql://u:canary@db/a", / is mysql:\/\/\.\.\., which is no store /],
    ["redis://:canary@db", / is a redis: store, which is not offered in this version /],
    ["postgresql://u:canary@db", / is a postgresql: store, which is not offered in this version /],
    ["cookie+redis:canary", / is a cookie\+redis: store, which is not offered in this version /],
  ];
  for (const [raw, words] of table) {
    const said = String(readKind(store, raw));
    assert.match(said, words);
    assert.doesNotMatch(said, /canary/);
  }
});

test("F-46 a summary says where sessions are kept, and that memory is gone", () => {
  assert.equal(formatStore({ kind: "memory" }), "memory (gone at the next start)");
  assert.equal(formatStore({ kind: "sqlite", path: "a.db" }), "a.db (SQLite)");
});
