import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { playMovesOf } from "../../test-support/move/played-move.ts";
import type { ClusterGroup } from "../../test-support/stores/redis-groups.ts";
import { startCluster, tell } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, ioredisCluster, nodeRedisCluster } from "../../test-support/stores/redis-handles.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
import { slotOf } from "./redis/clients/slot.ts";
import { Keys } from "./redis/keys.ts";

let cluster: ClusterGroup;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster[Symbol.asyncDispose]());

const addresses = () => cluster.addresses;

storeSuite("redis in a cluster", { make: () => handlesOf(nodeRedisCluster(addresses)), rows: 50 });
storeSuite("redis in a cluster, through ioredis", { make: () => handlesOf(ioredisCluster(addresses)), rows: 50 });

test("SE-12 S-42 sessions move into a cluster and out of it, and none, no change and no ending is lost", async () => {
  await playMovesOf(() => handlesOf(nodeRedisCluster(addresses)));
});

for (const [library, client] of [
  ["redis", nodeRedisCluster],
  ["ioredis", ioredisCluster],
] as const) {
  for (const replicas of [0, 1]) {
    test(`SE-12 a slot that moves to another master loses nothing (${library}, ${replicas} confirm)`, async () => {
      const prefix = `moving-${library}-${replicas}`;
      const { store, another, dispose } = await handlesOf(client(addresses), { prefix, replicas });
      const other = await another?.();
      assert.ok(other);
      const row = sampleRow();
      assert.equal(await store.put(row, "absent"), true);
      let version = 1;
      /** A write of each kind that scripts make, and what all handles read of it. */
      const writes = async (when: string): Promise<void> => {
        for (const handle of [store, other]) {
          assert.equal(await handle.put({ ...row, version: version + 1, body: when }, version), true, when);
          version += 1;
          assert.equal(await handle.touch(row.id, START + version), true, when);
          const expected = { ...row, version, body: when, seen: START + version };
          for (const one of [store, other]) assert.deepEqual({ ...(await one.get(row.id)) }, expected, when);
        }
      };
      await moving(slotOf(new Keys(prefix).row(row.id)), writes);
      assert.deepEqual(await other.end({ id: row.id }, "logout", START), [row.id]);
      for (const handle of [store, other]) await handle.close();
      await dispose?.();
    });
  }
}

/** Moves a slot to another master, step by step, and lets the test write at each. */
async function moving(slot: number, writes: (when: string) => Promise<void>): Promise<void> {
  const from = await cluster.shardOf(slot);
  const to = (await cluster.shards()).find(({ id }) => id !== from.id) ?? from;
  await writes("before");
  await tell(to.master, ["CLUSTER", "SETSLOT", slot, "IMPORTING", from.id]);
  await tell(from.master, ["CLUSTER", "SETSLOT", slot, "MIGRATING", to.id]);
  await writes("while the key is where it was");
  const [keys] = await tell(from.master, ["CLUSTER", "GETKEYSINSLOT", slot, 100]);
  for (const key of Array.isArray(keys) ? keys : []) {
    await tell(from.master, ["MIGRATE", "127.0.0.1", to.master, String(key), 0, 5_000]);
  }
  await writes("while the key is with the other, and the slot is not (ASK)");
  for (const { master } of [to, from]) await tell(master, ["CLUSTER", "SETSLOT", slot, "NODE", to.id]);
  await writes("after it moved (MOVED)");
}
