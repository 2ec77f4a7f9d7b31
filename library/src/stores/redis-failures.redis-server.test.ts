import assert from "node:assert/strict";
import { test } from "node:test";
import { startRedis } from "../../../tools/suite/redis-server.ts";
import { within } from "../../../tools/suite/steady.ts";
import { eventually } from "../../test-support/stores/redis-groups.ts";
import { ioredis, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import { keys, type Played, played } from "../../test-support/stores/redis-played.ts";
import { CoatcheckError } from "../core/errors.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { redis } from "./redis.ts";

const UNAVAILABLE = { code: "ERR_STORE_UNAVAILABLE", status: 503 };

test("SE-16 a server whose scripts are flushed is sent them again, by a call that did nothing before", () =>
  played(async ({ store, ask }) => {
    const row = sampleRow({ owner: "o" });
    await store.put(row, "absent");
    for (let round = 1; round <= 3; round++) {
      await ask("SCRIPT", "FLUSH");
      assert.equal(await store.put({ ...row, version: row.version + round }, row.version + round - 1), true);
    }
    await ask("SCRIPT", "FLUSH");
    assert.deepEqual(await store.end({ owner: "o" }, "admin", START), [row.id]);
  }));

test("SE-16 a server that was emptied has no session, and takes new ones", () =>
  played(async ({ store, another, ask }) => {
    const row = sampleRow({ owner: "o", renewAt: START });
    await store.put(row, "absent");
    await ask("FLUSHALL");
    assert.equal(await another.get(row.id), undefined);
    assert.equal(await store.touch(row.id, START), false);
    assert.equal(await store.put({ ...row, version: 2 }, 1), false);
    assert.deepEqual(await store.end({ owner: "o" }, "admin", START), []);
    assert.deepEqual(await store.list({ renewBefore: START + 1 }, 10, START), []);
    assert.equal(await store.put(row, "absent"), true);
    assert.deepEqual(await another.end({ owner: "o" }, "admin", START), [row.id]);
  }));

test("SE-16 a full memory refuses writes as an outage, loses no session, and recovers", () =>
  played(async ({ store, ask }) => {
    const row = sampleRow({ owner: "o" });
    await store.put(row, "absent");
    await ask("CONFIG", "SET", "maxmemory", 1);
    await assert.rejects(async () => store.put(sampleRow({ owner: "o" }), "absent"), UNAVAILABLE);
    await assert.rejects(async () => store.put({ ...row, version: 2 }, 1), UNAVAILABLE);
    await assert.rejects(async () => store.mark("k", START + 1, START), UNAVAILABLE);
    assert.deepEqual({ ...(await store.get(row.id)) }, row);
    await ask("CONFIG", "SET", "maxmemory", 0);
    assert.equal(await store.put({ ...row, version: 2 }, 1), true);
  }));

test("SE-16 a server that pauses is waited for, and what it was asked meanwhile happens once", () =>
  played(async ({ store, ask }) => {
    const row = sampleRow({ owner: "o" });
    await store.put(row, "absent");
    await ask("CLIENT", "PAUSE", 300, "WRITE");
    const [marked, again, put] = await Promise.all([
      store.mark("k", START + 1, START),
      store.mark("k", START + 1, START),
      store.put({ ...row, version: 2 }, 1),
    ]);
    assert.deepEqual([marked, again, put], [true, false, true]);
  }));

for (const [library, client] of [
  ["redis", nodeRedis],
  ["ioredis", ioredis],
] as const) {
  test(`SE-16 a server that stops and comes back: an outage meanwhile, and then all goes on (${library})`, () =>
    played(async ({ server, store, another, ask }) => {
      const row = sampleRow({ owner: "o" });
      await ask("CONFIG", "SET", "appendonly", "yes");
      await eventually("the append-only file is there", async () =>
        /aof_rewrite_in_progress:0/.test(String(await ask("INFO", "persistence"))),
      );
      await ask("CONFIG", "SET", "appendfsync", "always");
      await ask("CONFIG", "REWRITE");
      await store.put(row, "absent");
      const gaps: string[] = [];
      const told: string[] = [];
      const gap = new Promise<void>((resolve) => {
        store.watch?.(
          ({ id }) => told.push(id),
          () => {
            gaps.push("gap");
            resolve();
          },
        );
      });
      await server.kill("SIGKILL");
      await server.restart();
      await eventually("the client is back", async () => (await store.get(row.id)) !== undefined);
      assert.deepEqual({ ...(await store.get(row.id)) }, row);
      // The subscription stands again, says that it may have missed some, and tells of the next.
      await within(5_000, gap, "no gap was told");
      assert.deepEqual(await another.end({ id: row.id }, "logout", START), [row.id]);
      await eventually("the ending is told", async () => told.includes(row.id));
    }, client));
}

test("LO-10 PX-05 a subscription that is cut tells of the gap, and goes on", () =>
  played(async ({ store, another, ask }) => {
    const row = sampleRow();
    await store.put(row, "absent");
    const told: string[] = [];
    const gaps: string[] = [];
    store.watch?.(
      ({ id }) => told.push(id),
      () => gaps.push("gap"),
    );
    await eventually("the subscriptions stand", async () => (await subscribers(ask)) >= 2);
    const before = gaps.length;
    await ask("CLIENT", "KILL", "TYPE", "pubsub");
    await eventually("the gap is told", async () => gaps.length > before);
    await another.end({ id: row.id }, "logout", START);
    await eventually("the ending is told", async () => told.includes(row.id));
  }));

async function subscribers(ask: Played["ask"]): Promise<number> {
  const channels = await ask("PUBSUB", "CHANNELS");
  const [channel] = Array.isArray(channels) ? channels : [];
  const counted = await ask("PUBSUB", "NUMSUB", String(channel));
  return Array.isArray(counted) ? Number(counted[1]) : 0;
}

test("SE-16 a row that a newer release wrote is unavailable, not absent, and nothing overwrites it", () =>
  played(async ({ store, ask }) => {
    const row = sampleRow();
    await store.put(row, "absent");
    const [key] = (await keys(ask, "*:s:*")) ?? [];
    await ask("SETRANGE", String(key), 0, "2");
    const newer = { code: "ERR_RECORD_FORMAT" };
    await assert.rejects(async () => store.get(row.id), newer);
    await assert.rejects(async () => store.put({ ...row, version: 2 }, 1), newer);
    await assert.rejects(async () => store.touch(row.id, START), newer);
    await assert.rejects(async () => store.end({ id: row.id }, "logout", START), newer);
    assert.equal(await store.put(row, "absent"), false);
  }));

test("the reads of one turn are two commands, one alone is one, and each gets its own row", () =>
  played(async ({ store, ask }) => {
    const rows = Array.from({ length: 40 }, () => sampleRow());
    for (const row of rows) await store.put(row, "absent");
    await ask("CONFIG", "RESETSTAT");
    const read = await Promise.all([...rows, sampleRow()].map(({ id }) => store.get(id)));
    assert.deepEqual(
      read.map((row) => row?.id),
      [...rows.map(({ id }) => id), undefined],
    );
    const calls = async (name: string) =>
      /calls=(\d+)/.exec(new RegExp(`cmdstat_${name}:.*`).exec(String(await ask("INFO", "commandstats")))?.[0] ?? "")?.[1];
    assert.deepEqual([await calls("get"), await calls("mget")], ["1", "1"]);
    await store.get(rows[0]?.id ?? "");
    assert.deepEqual([await calls("get"), await calls("mget")], ["2", "1"]);
  }));

test("SE-16 reads wait for no replica, while a write waits for one that is away", () =>
  played(async ({ server }) => {
    const { client, close } = await nodeRedis(() => ({ host: "127.0.0.1", port: server.port }))();
    const store = redis({ client, replicas: 1, confirmTimeout: 2_000, onWarning: () => {} });
    const row = sampleRow();
    const order: string[] = [];
    const put = Promise.resolve(store.put(row, "absent")).catch((error: unknown) => {
      order.push("write");
      return error;
    });
    await eventually("the write is there", async () => (await store.get(row.id)) !== undefined);
    order.push("read");
    const error = await put;
    assert.ok(error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE", String(error));
    assert.deepEqual(order, ["read", "write"]);
    await store.close();
    close();
  }));

test("at the start the store tells what its server would lose, once; the client stays the app's", async () => {
  await using server = await startRedis(["maxmemory-policy allkeys-lru"]);
  const { client, close } = await nodeRedis(() => ({ host: "127.0.0.1", port: server.port }))();
  const told: string[] = [];
  const store = redis({ client, onWarning: (message) => told.push(message) });
  await eventually("both are told", async () => told.length === 2);
  assert.match(told.join("\n"), /persists nothing: a restart signs all users out[\s\S]*maxmemory-policy allkeys-lru/);
  await store.close();
  const another = redis({ client, onWarning: () => {} });
  assert.equal(await another.put(sampleRow(), "absent"), true);
  await another.close();
  close();
});
