import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { handlesOf, ioredis, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
import { redis } from "./redis.ts";

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server[Symbol.asyncDispose]());

const address = () => ({ host: "127.0.0.1", port: server.port });

storeSuite("redis", { make: () => handlesOf(nodeRedis(address)) });
storeSuite("redis through ioredis", { make: () => handlesOf(ioredis(address)) });

test("redis refuses options that mean nothing, and what is no client", () => {
  const client = { duplicate: () => ({}), sendCommand: async () => "OK" };
  const bad: readonly object[] = [
    {},
    { client: "redis://localhost" },
    { client: { duplicate: () => ({}) } },
    { client, prefix: "" },
    { client, prefix: "a{b}" },
    { client, replicas: -1 },
    { client, replicas: 0.5 },
    { client, confirmTimeout: 5 },
    { client, durability: "none" },
    { client, replica: 1 },
  ];
  for (const options of bad) assert.throws(() => Reflect.apply(redis, undefined, [options]), TypeError, JSON.stringify(options));
});
