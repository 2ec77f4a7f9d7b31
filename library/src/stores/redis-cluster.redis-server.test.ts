import { after, before } from "node:test";
import type { ClusterGroup } from "../../test-support/stores/redis-groups.ts";
import { startCluster } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, ioredisCluster, nodeRedisCluster } from "../../test-support/stores/redis-handles.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";

let cluster: ClusterGroup;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster[Symbol.asyncDispose]());

const addresses = () => cluster.addresses;

storeSuite("redis in a cluster", { make: () => handlesOf(nodeRedisCluster(addresses)), rows: 50 });
storeSuite("redis in a cluster, through ioredis", { make: () => handlesOf(ioredisCluster(addresses)), rows: 50 });
