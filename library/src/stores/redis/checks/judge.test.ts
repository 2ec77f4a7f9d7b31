import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerFacts } from "./facts.ts";
import { factsOf } from "./facts.ts";
import { refusal, type Use, warnings } from "./judge.ts";

const NOW = Date.UTC(2026, 10, 22);
const SAFE: ServerFacts = {
  version: [7, 0],
  eviction: "noeviction",
  appendOnly: true,
  snapshots: true,
  replicas: 0,
  time: NOW,
};
const ALONE: Use = { kind: "server", replicas: 0, durability: "normal" };
const CLUSTER: Use = { kind: "cluster", replicas: 1, durability: "normal" };

test("a server that loses nothing is not warned of", () => {
  assert.deepEqual(warnings(SAFE, ALONE, NOW), []);
  assert.deepEqual(warnings({ ...SAFE, replicas: 1 }, CLUSTER, NOW), []);
  assert.equal(refusal(SAFE, ALONE), undefined);
});

test("each thing that loses sessions or endings is told, with what is lost", () => {
  const table: readonly (readonly [Partial<ServerFacts>, Use, RegExp])[] = [
    [{ eviction: "allkeys-lru" }, ALONE, /maxmemory-policy allkeys-lru: .* live sessions can be evicted .* Set noeviction/],
    [{ eviction: undefined }, ALONE, /does not say what it does if its memory is full/],
    [{ appendOnly: false, snapshots: false }, ALONE, /persists nothing: a restart signs all users out/],
    [{ appendOnly: false }, ALONE, /only writes snapshots, a restart brings back sessions that were ended/],
    [{ appendOnly: false, snapshots: undefined }, ALONE, /if it writes snapshots, a restart brings back/],
    [{ appendOnly: undefined }, ALONE, /it is not known what a restart loses/],
    [{ replicas: 1 }, ALONE, /a failover can undo the last logouts and logins. Set replicas: 1/],
    [{ replicas: 0 }, { ...CLUSTER, replicas: 0 }, /master of the cluster has no replica/],
    [{ replicas: 0 }, CLUSTER, /has 0 replicas, and 1 have to confirm: logins and logouts are 503/],
    [{ time: NOW - 301_000 }, ALONE, /clock of Redis is off by 5 minutes/],
    [{ time: NOW + 7_200_000 }, ALONE, /clock of Redis is off by 120 minutes/],
  ];
  for (const [change, use, words] of table) {
    const told = warnings({ ...SAFE, ...change }, use, NOW);
    assert.equal(told.length, 1, told.join("\n"));
    assert.match(told.join(), words);
  }
  assert.deepEqual(warnings({ ...SAFE, time: NOW + 299_000 }, ALONE, NOW), []);
});

test("a server that is too old is refused, and one that does not say how old it is is not", () => {
  assert.match(String(refusal({ ...SAFE, version: [6, 2] }, ALONE)), /This is Redis 6\.2; the store needs 7\.0/);
  assert.match(String(refusal(SAFE, { ...ALONE, durability: "full" })), /This is Redis 7\.0; durability: "full" needs 7\.2/);
  assert.equal(refusal({ ...SAFE, version: [7, 2] }, { ...ALONE, durability: "full" }), undefined);
  assert.equal(refusal({ ...SAFE, version: undefined }, ALONE), undefined);
});

test("facts are read from either protocol's answers, and what is refused is not known", () => {
  const info = "# Server\r\nredis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:0\r\nconnected_slaves:2\r\n";
  const facts = { ...SAFE, appendOnly: false, replicas: 2, time: 12_000 };
  assert.deepEqual(factsOf([info, ["save", "3600 1"], ["12", "5"]]), facts);
  assert.deepEqual(factsOf([info, { save: "" }, ["12", "5"]]), { ...facts, snapshots: false });
  const nothing = { version: undefined, eviction: undefined, appendOnly: undefined, replicas: undefined };
  assert.deepEqual(factsOf([new Error("NOPERM"), new Error("NOPERM"), new Error("NOPERM")]), {
    ...nothing,
    snapshots: undefined,
    time: undefined,
  });
});
