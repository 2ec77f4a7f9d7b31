import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "ioredis";
import { createClient, createSentinel } from "redis";
import { startRedis } from "../../../tools/suite/redis-server.ts";
import { within } from "../../../tools/suite/steady.ts";
import { eventually, MASTER_NAME, startSentinelGroup, tell } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, ioredis } from "../../test-support/stores/redis-handles.ts";
import { way } from "../../test-support/stores/redis-way.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { commanderOf } from "./redis/clients/recognise.ts";
import { EndingPush } from "./redis/endings.ts";
import { redis } from "./redis.ts";

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

test("LO-10 an ending and a marker that a client sent twice are told to whom they were done for", async () => {
  await using server = await startRedis();
  const through = await way(server.port);
  const { store, dispose } = await handlesOf(ioredis(() => ({ host: "127.0.0.1", port: through.port })));
  try {
    const [ended, put] = [sampleRow(), sampleRow()];
    for (const row of [ended, put]) await store.put(row, "absent");
    // So that the server knows the scripts.
    await store.end({ id: sampleRow().id }, "logout", START);
    await store.mark("known", START + 1, START);
    await store.put({ ...put, version: 2 }, 1);
    const sent = [
      () => store.end({ id: ended.id }, "logout", START),
      () => store.mark("m", START + 9, START, "mine"),
      () => store.mark("m", START + 9, START, "mine"),
      () => store.put({ ...put, version: 80_000, ended: START, reason: "admin" }, 2),
    ];
    const answers: unknown[] = [];
    for (const send of sent) {
      through.loseAnswer();
      answers.push(await send());
      assert.equal(through.isLost(), true);
    }
    assert.deepEqual(answers, [[ended.id], true, false, true]);
    assert.deepEqual(await store.end({ id: ended.id }, "logout", START), []);
    assert.equal(await store.marked("m", START), "mine");
    assert.equal((await store.get(put.id))?.reason, "admin");
  } finally {
    await store.close();
    await dispose?.();
    through.close();
  }
});

test("SE-16 a marker of an earlier release stands, and is the first no more", async () => {
  await using server = await startRedis();
  const { store, dispose } = await handlesOf(ioredis(() => ({ host: "127.0.0.1", port: server.port })));
  await store.mark("k", START + 5, START, "new");
  const [key] = (await tell(server.port, ["KEYS", "*:m:*"])).flat();
  await tell(server.port, ["SET", String(key), `${String(START + 5).padStart(15, "0")}1:kof before`]);
  assert.deepEqual([await store.marked("k", START), await store.marked("k", START + 5)], ["of before", undefined]);
  assert.equal(await store.mark("k", START + 9, START), false);
  assert.equal(await store.mark("k", START + 19, START + 9), true);
  await store.close();
  await dispose?.();
});

test("SE-12 behind sentinels a write whose confirmation came over another connection is an outage", async () => {
  let connection = 7;
  const sent: string[] = [];
  const own = {
    isOpen: true,
    on: () => own,
    connect: async () => own,
    destroy: () => undefined,
    duplicate: () => own,
    acquire: () => undefined,
    subscribe: async () => undefined,
    async sendCommand(_: boolean, [name, ...args]: readonly string[]) {
      sent.push(`${connection} ${name}`);
      if (name === "CLIENT" && args[0] === "ID") return connection;
      if (name === "SET" && args[0] === "lost") connection++;
      return name === "WAIT" ? 1 : "OK";
    },
  };
  const link = commanderOf(own).open("");
  assert.deepEqual(
    await link.pipeline([
      ["SET", "kept", "v"],
      ["WAIT", "1", "100"],
    ]),
    ["OK", 1],
  );
  await assert.rejects(
    link.pipeline([
      ["SET", "lost", "v"],
      ["WAIT", "1", "100"],
    ]),
    /connection was lost/,
  );
  assert.equal(sent.length, 8);
});

test("LO-10 a subscription that was cut without a word is made again, and tells of the gap", async () => {
  await using server = await startRedis();
  const through = await way(server.port);
  const address = { host: "127.0.0.1", port: server.port };
  const connect = async (port: number) =>
    createClient({ socket: { ...address, port } })
      .on("error", () => {})
      .connect();
  const [client, cut] = [await connect(server.port), await connect(through.port)];
  const commander = commanderOf({ sendCommand: client.sendCommand.bind(client), duplicate: () => cut.duplicate() });
  const push = new EndingPush(commander, "cc:ended", 50);
  const subscribed = async () => Number((await tell(server.port, ["PUBSUB", "NUMSUB", "cc:ended"])).flat()[1]);
  const told: string[] = [];
  let gaps = 0;
  push.watch(
    ({ id }) => told.push(id),
    () => gaps++,
  );
  try {
    // That it stands is told as a gap, too: what came before was missed.
    await eventually("it stands", async () => (await subscribed()) === 1 && gaps === 1);
    through.swallow();
    await eventually("a gap is told", async () => gaps === 2);
    await client.publish("cc:ended", "logout some");
    await eventually("the ending is told", async () => told.includes("some"));
  } finally {
    push.close();
    client.destroy();
    cut.destroy();
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
  try {
    await eventually("it stands", async () => (await count()) === 1);
    const gap = new Promise<void>((resolve) => store.watch?.(() => {}, resolve));
    await tell(server.port, ["CLIENT", "KILL", "TYPE", "pubsub"]);
    await within(10_000, gap, "no gap was told");
    // The gap may be that of the first subscription.
    await eventually("it stands again", async () => (await count()) === 1);
  } finally {
    await store.close();
    client.destroy();
  }
});

test("SE-16 a cluster's client that reads from replicas is refused: they do not know yet what has ended", () => {
  for (const scaleReads of ["slave", "all"] as const) {
    const client = new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true, scaleReads });
    assert.throws(() => redis({ client }), { name: "TypeError", message: /scaleReads/ });
  }
});
