/** Moves into and out of groups of Redis servers: behind a sentinel, and a cluster of six nodes. */
import { after, before, test } from "node:test";
import { type Handles, handlesOn, playMove } from "../../test-support/move/played-move.ts";
import type { ClusterGroup, SentinelGroup } from "../../test-support/stores/redis-groups.ts";
import { startCluster, startSentinelGroup } from "../../test-support/stores/redis-groups.ts";
import type { Connect } from "../../test-support/stores/redis-handles.ts";
import { handlesOf, ioredisCluster, ioredisSentinel, nodeRedisCluster } from "../../test-support/stores/redis-handles.ts";

let group: SentinelGroup;
let cluster: ClusterGroup;
const open = new AsyncDisposableStack();
before(async () => {
  const [first, second] = await Promise.all([startSentinelGroup(), startCluster()]);
  group = open.use(first);
  cluster = open.use(second);
});
after(() => open.disposeAsync());

const behindSentinel = ioredisSentinel(() => ({ host: "127.0.0.1", port: group.sentinel.port }));
const inCluster = nodeRedisCluster(() => cluster.addresses);
const inClusterToo = ioredisCluster(() => cluster.addresses);

async function at(connect: Connect): Promise<Handles> {
  const made = await handlesOf(connect);
  open.defer(async () => made.dispose?.());
  return handlesOn(made);
}

for (const [name, from, to] of [
  ["from a sentinel's group to a cluster", behindSentinel, inCluster],
  ["from a cluster to a sentinel's group", inClusterToo, behindSentinel],
] as const) {
  test(`SE-12 S-42 ${name}, stopped and gone on with, no session, change or ending is lost`, async () => {
    await playMove(await at(from), await at(to));
  });
}
