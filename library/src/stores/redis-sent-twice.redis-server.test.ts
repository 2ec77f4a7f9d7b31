import assert from "node:assert/strict";
import { createServer, connect as dial, type Socket } from "node:net";
import { test } from "node:test";
import { Cluster } from "ioredis";
import { createClient, createSentinel } from "redis";
import { startRedis } from "../../../tools/suite/redis-server.ts";
import { within } from "../../../tools/suite/steady.ts";
import { eventually, MASTER_NAME, startSentinelGroup, tell } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, ioredis } from "../../test-support/stores/redis-handles.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { redis } from "./redis.ts";

/** A way to a server, on which the answer to the next script can be lost together with the connection. */
async function way(port: number) {
  const sockets = new Set<Socket>();
  let losing = false;
  const server = createServer((near) => {
    const far = dial(port, "127.0.0.1");
    let asked = false;
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) sockets.add(socket.on("error", cut).on("close", cut));
    near.on("data", (bytes) => {
      asked ||= losing && bytes.includes("EVAL");
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      if (!asked) near.write(bytes);
      else {
        losing = false;
        cut();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    port: address.port,
    loseAnswer: () => {
      losing = true;
    },
    isLost: () => !losing,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test("SE-16 a change that a client sent twice, since its answer was lost, was written, by whoever wrote it", async () => {
  await using server = await startRedis();
  const through = await way(server.port);
  const { store, dispose } = await handlesOf(ioredis(() => ({ host: "127.0.0.1", port: through.port })));
  try {
    const row = sampleRow({ owner: "o", lease: "mine" });
    await store.put(row, "absent");
    await store.put({ ...row, version: 2 }, 1); // so that the server knows the script
    const refreshed = { ...row, version: 70_001, lease: null, renewAt: START + 5, body: "{}" };
    through.loseAnswer();
    assert.equal(await store.put(refreshed, 2), true);
    assert.equal(through.isLost(), true);
    const [due] = await store.list({ renewBefore: START + 6 }, 1, START);
    assert.deepEqual({ ...due }, refreshed);
    await store.touch(row.id, START + 7);
    assert.equal(await store.put({ ...refreshed, body: "[]" }, 2), false);
    assert.equal((await store.get(row.id))?.body, "{}");
  } finally {
    await store.close();
    await dispose?.();
    through.close();
  }
});

test("SE-16 behind sentinels a write is confirmed on its own connection, however many the app's client has", async () => {
  await using group = await startSentinelGroup();
  const client = createSentinel({
    name: MASTER_NAME,
    sentinelRootNodes: [{ host: "127.0.0.1", port: group.sentinel.port }],
    masterPoolSize: 3,
  });
  await client.on("error", () => {}).connect();
  const store = redis({ client, replicas: 1, confirmTimeout: 2_000, onWarning: () => {} });
  const [, replica] = group.servers;
  try {
    await replica.kill("SIGSTOP");
    await assert.rejects(async () => store.put(sampleRow(), "absent"), { code: "ERR_STORE_UNAVAILABLE" });
    await replica.kill("SIGCONT");
    assert.equal(await store.put(sampleRow(), "absent"), true);
  } finally {
    await store.close();
    client.destroy();
  }
});

test("LO-10 a subscription is made again also if the app told its client to give up", async () => {
  await using server = await startRedis();
  const socket = { host: "127.0.0.1", port: server.port, reconnectStrategy: () => false as const };
  const client = createClient({ socket });
  await client.on("error", () => {}).connect();
  const store = redis({ client, onWarning: () => {} });
  const count = async () => Number((await tell(server.port, ["PUBSUB", "NUMSUB", "cc:ended"])).flat()[1]);
  await eventually("it stands", async () => (await count()) === 1);
  const gap = new Promise<void>((resolve) => store.watch?.(() => {}, resolve));
  await tell(server.port, ["CLIENT", "KILL", "TYPE", "pubsub"]);
  await within(10_000, gap, "no gap was told");
  assert.equal(await count(), 1);
  await store.close();
  client.destroy();
});

test("SE-16 a cluster's client that reads from replicas is refused: they do not know yet what has ended", () => {
  for (const scaleReads of ["slave", "all"] as const) {
    const client = new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true, scaleReads });
    assert.throws(() => redis({ client }), { name: "TypeError", message: /scaleReads/ });
  }
});
