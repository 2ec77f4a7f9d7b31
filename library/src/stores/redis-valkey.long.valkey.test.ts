import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { handlesOf, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";

let server: RedisServer;
/** The same, with an append-only file. */
let durable: RedisServer;
before(async () => {
  server = await startRedis([], false, "valkey");
  durable = await startRedis(["appendonly yes", "appendfsync always"], false, "valkey");
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await durable[Symbol.asyncDispose]();
});

const addressOf = (one: () => RedisServer) => () => ({ host: "127.0.0.1", port: one().port });
const client = nodeRedis(addressOf(() => server));
const durableClient = nodeRedis(addressOf(() => durable));

storeSuite("redis on Valkey", { make: () => handlesOf(client), rows: 50 });
test("SE-12 S-42 what was answered with durability in full is there after a kill", async () => {
  const { store, dispose } = await handlesOf(durableClient, { durability: "full" });
  const [row, ended] = [sampleRow({ owner: "o" }), sampleRow({ owner: "p" })];
  assert.deepEqual(await Promise.all([row, ended].map((one) => store.put(one, "absent"))), [true, true]);
  assert.deepEqual(await store.end({ owner: "p" }, "logout", START), [ended.id]);
  assert.equal(await store.mark("once", START + 1_000, START), true);
  await durable.kill("SIGKILL");
  await durable.restart();
  assert.deepEqual(await store.get(row.id), row);
  assert.equal((await store.get(ended.id))?.reason, "logout");
  assert.equal(await store.marked("once", START), "");
  await store.close();
  await dispose?.();
});

test("SE-12 durability in full without an append-only file is an outage for writes, and not for reads", async () => {
  const { store, dispose } = await handlesOf(client, { durability: "full" });
  await assert.rejects(async () => store.put(sampleRow(), "absent"), { code: "ERR_STORE_UNAVAILABLE" });
  assert.equal(await store.get("nobody"), undefined);
  await store.close();
  await dispose?.();
});
