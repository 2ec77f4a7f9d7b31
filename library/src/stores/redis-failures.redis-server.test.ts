import assert from "node:assert/strict";
import { test } from "node:test";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { within } from "../../../tools/suite/steady.ts";
import { eventually, tell } from "../../test-support/stores/redis-groups.ts";
import { type Connect, handlesOf, ioredis, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import type { SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";
import { redis } from "./redis.ts";

const UNAVAILABLE = { code: "ERR_STORE_UNAVAILABLE", status: 503 };

interface Played {
  readonly server: RedisServer;
  readonly store: SessionStore;
  readonly another: SessionStore;
  /** Runs one command on the server. */
  ask(...command: readonly [string, ...(string | number)[]]): Promise<unknown>;
}

/** A server of its own, with two handles on it. */
async function played(run: (played: Played) => Promise<void>, client: (address: () => Address) => Connect = nodeRedis) {
  await using server = await startRedis();
  const { store, another, dispose } = await handlesOf(client(() => ({ host: "127.0.0.1", port: server.port })));
  const other = await another?.();
  assert.ok(other);
  const ask: Played["ask"] = async (...command) => (await tell(server.port, command))[0];
  try {
    await run({ server, store, another: other, ask });
  } finally {
    await store.close();
    await other.close();
    await dispose?.();
  }
}

type Address = { readonly host: string; readonly port: number };

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

test("LO-10 a new session is in its sets before its row is written, also if the server forgot the script", () =>
  played(async ({ store, ask }) => {
    await ask("CONFIG", "SET", "slowlog-log-slower-than", 0);
    await ask("SCRIPT", "FLUSH");
    await store.put(sampleRow({ owner: "o" }), "absent");
    const log = await ask("SLOWLOG", "GET", 20);
    assert.ok(Array.isArray(log));
    const names = log.map((entry) => String(entry[3][0]).toUpperCase()).toReversed();
    assert.ok(names.includes("EVAL"), names.join());
    assert.ok(names.indexOf("EVAL") < names.indexOf("SET"), names.join());
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

async function keys(ask: Played["ask"], pattern: string): Promise<readonly string[]> {
  const found = await ask("KEYS", pattern);
  return Array.isArray(found) ? found.map(String) : [];
}

test("SE-17 S-50 all that is written has an end, an hour after its own; a set that of its longest session", () =>
  played(async ({ store, ask }) => {
    const near = sampleRow({ owner: "o", issuer: "i", sid: "s", expires: START + HOUR });
    const far = sampleRow({ owner: "o", expires: START + 3 * HOUR });
    for (const row of [far, near]) await store.put(row, "absent");
    await store.mark("k", START + HOUR, START);
    await store.put({ ...near, version: 2, renewAt: START }, 1);
    await store.end({ id: near.id }, "logout", START);
    const ends = new Map<string, number[]>();
    for (const key of await keys(ask, "*")) {
      const kind = key.split(":")[1] ?? "";
      ends.set(kind, [...(ends.get(kind) ?? []), Number(await ask("PEXPIRETIME", key))].sort());
    }
    assert.deepEqual(ends.get("s"), [START + 2 * HOUR, START + 4 * HOUR]);
    assert.deepEqual(ends.get("o"), [START + 4 * HOUR]);
    assert.deepEqual(ends.get("i"), [START + 2 * HOUR]);
    assert.deepEqual(ends.get("m"), [START + 2 * HOUR]);
    assert.deepEqual([...ends.keys()].sort(), ["i", "m", "o", "r", "s"]);
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

test("S-24 sets by renewAt drop what ended, went or is due later, and never what was written meanwhile", () =>
  played(async ({ store, ask }) => {
    const due = { renewAt: START + 1 };
    const [ended, later, gone, stays] = [sampleRow(due), sampleRow(due), sampleRow(due), sampleRow({ renewAt: START + 2 })];
    for (const row of [ended, later, gone, stays]) await store.put(row, "absent");
    await store.end({ id: ended.id }, "logout", START);
    for (const key of await keys(ask, `*:s:{${gone.id}}`)) await ask("DEL", key);
    for (const key of await keys(ask, "*:r:*")) {
      if ((await ask("ZSCORE", key, later.id)) !== null) await ask("ZADD", key, START, later.id);
    }
    await store.put({ ...later, version: 2, renewAt: START + HOUR }, 1);
    const listed = await store.list({ renewBefore: START + 10 }, 1, START);
    assert.deepEqual(
      listed.map(({ id }) => id),
      [stays.id],
    );
    const left = await Promise.all((await keys(ask, "*:r:*")).map((key) => ask("ZRANGE", key, 0, -1)));
    assert.deepEqual(left.flat().map(String).sort(), [later.id, stays.id].sort());
  }));

test("SE-17 a sweep drops ended and freed sessions from the sets by renewAt, and no live one", () =>
  played(async ({ store, ask }) => {
    const rows = Array.from({ length: 40 }, (_, index) => sampleRow({ renewAt: START + index }));
    for (const row of rows) await store.put(row, "absent");
    const [stays, ...others] = rows;
    for (const { id } of others.slice(0, 20)) await store.end({ id }, "logout", START);
    for (const { id } of others.slice(20)) for (const key of await keys(ask, `*:s:{${id}}`)) await ask("DEL", key);
    assert.equal(await store.sweep(0, START + HOUR), 0);
    assert.equal((await keys(ask, "*:r:*")).length > 1, true);
    assert.equal(await store.sweep(10, START + HOUR), 0);
    const left = await Promise.all((await keys(ask, "*:r:*")).map((key) => ask("ZRANGE", key, 0, -1)));
    assert.deepEqual(left.flat(), [stays?.id]);
    const due = await store.list({ renewBefore: START + 10 }, 10, START);
    assert.deepEqual(
      due.map(({ id }) => id),
      [stays?.id],
    );
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
