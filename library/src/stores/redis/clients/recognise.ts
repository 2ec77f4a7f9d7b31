/** Tells clients apart by their methods, so that the store depends on no library. */
import type { Commander } from "./commander.ts";
import { ioredisCommander, isIoredis } from "./ioredis.ts";
import { isNodeRedis, nodeRedisCommander } from "./node-redis.ts";

/** What sends commands through the client. Throws a `TypeError` for what is no client of `redis` or `ioredis`. */
export function commanderOf(client: object): Commander {
  if (isNodeRedis(client)) return nodeRedisCommander(client);
  if (isIoredis(client)) return ioredisCommander(client);
  throw new TypeError("redis({ client }) takes a client of redis (createClient, createSentinel, createCluster) or ioredis");
}
