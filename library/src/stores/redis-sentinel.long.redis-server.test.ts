import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { playMovesOf } from "../../test-support/move/played-move.ts";
import type { SentinelGroup } from "../../test-support/stores/redis-groups.ts";
import { eventually, MASTER_NAME, startSentinelGroup, tell } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, ioredisSentinel, nodeRedisSentinels } from "../../test-support/stores/redis-handles.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";

let group: SentinelGroup;
before(async () => {
  group = await startSentinelGroup();
});
const address = () => ({ host: "127.0.0.1", port: group.sentinel.port });
const sentinels = nodeRedisSentinels(address);
after(async () => {
  await sentinels.close();
  await group[Symbol.asyncDispose]();
});

storeSuite("redis behind a sentinel", { make: () => handlesOf(sentinels.connect), rows: 50 });
storeSuite("redis behind a sentinel, through ioredis", { make: () => handlesOf(ioredisSentinel(address)), rows: 50 });

test("SE-12 S-42 sessions move to servers behind a sentinel, and away, and nothing is lost", async () => {
  await playMovesOf(() => handlesOf(ioredisSentinel(address)));
});

test("SE-12 behind a sentinel, what was answered as done is there after a failover", async () => {
  const { store, dispose } = await handlesOf(ioredisSentinel(address));
  const row = sampleRow({ owner: "o" });
  assert.equal(await store.put(row, "absent"), true);
  assert.deepEqual(await store.end({ owner: "o" }, "logout", START), [row.id]);
  const [master, replica] = group.servers;
  await master.kill("SIGKILL");
  await eventually("the replica is the master", async () => {
    const [found] = await tell(group.sentinel.port, ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME]);
    return Array.isArray(found) && Number(found[1]) === replica.port;
  });
  await eventually("the client follows", async () => (await store.get(row.id)) !== undefined);
  assert.equal((await store.get(row.id))?.reason, "logout");
  await store.close();
  await dispose?.();
});
