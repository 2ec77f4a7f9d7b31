import { after, before } from "node:test";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { handlesOf, ioredis, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server[Symbol.asyncDispose]());

const address = () => ({ host: "127.0.0.1", port: server.port });

storeSuite("redis", { make: () => handlesOf(nodeRedis(address)) });
storeSuite("redis through ioredis", { make: () => handlesOf(ioredis(address)) });
