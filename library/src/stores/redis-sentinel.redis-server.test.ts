import { after, before } from "node:test";
import type { SentinelGroup } from "../../test-support/stores/redis-groups.ts";
import { startSentinelGroup } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, ioredisSentinel, nodeRedisSentinels } from "../../test-support/stores/redis-handles.ts";
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
