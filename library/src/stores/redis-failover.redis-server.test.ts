import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterGroup, Shard } from "../../test-support/stores/redis-groups.ts";
import { eventually, startCluster, tell } from "../../test-support/stores/redis-groups.ts";
import { type Connect, handlesOf, nodeRedisCluster } from "../../test-support/stores/redis-handles.ts";
import type { SessionRow, SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { slotOf } from "./redis/clients/slot.ts";
import { Keys } from "./redis/keys.ts";
import type { RedisOptions } from "./redis.ts";

let cluster: ClusterGroup;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster[Symbol.asyncDispose]());

const connect: Connect = () => nodeRedisCluster(() => cluster.addresses)();
let prefixes = 0;

/** What is written before a master fails, all of it in one shard. */
interface Written {
  readonly ended: SessionRow;
  readonly rotated: SessionRow;
  readonly leased: SessionRow;
  readonly refreshed: SessionRow;
  readonly fresh: SessionRow;
  readonly marker: string;
}

/** Names of which this shard has the keys. */
function inShard<Named>({ first, last }: Shard, draw: () => Named, keyOf: (named: Named) => string): Named {
  for (;;) {
    const named = draw();
    const slot = slotOf(keyOf(named));
    if (first <= slot && slot <= last) return named;
  }
}

/** Each kind of write, as the table of docs/stores.md has them; the rows are there before. */
function kinds(store: SessionStore, { ended, rotated, leased, refreshed, fresh, marker }: Written) {
  return {
    "a new session": () => store.put(fresh, "absent"),
    "an ending": () => store.end({ id: ended.id }, "logout", START),
    "a rotation": () => store.put({ ...rotated, version: 2, secretHash: "new", previousHash: rotated.secretHash }, 1),
    "a lease": () => store.put({ ...leased, version: 2, lease: "held" }, 1),
    "renewed tokens": () => store.put({ ...refreshed, version: 2, body: "renewed" }, 1),
    "a marker": () => store.mark(marker, START + 1, START),
  };
}

/** What is left of each kind. */
async function left(store: SessionStore, { ended, rotated, leased, refreshed, fresh, marker }: Written) {
  const row = async ({ id }: SessionRow): Promise<SessionRow | undefined> => store.get(id);
  return {
    "a new session": (await row(fresh)) !== undefined,
    "an ending": (await row(ended))?.ended === START,
    "a rotation": (await row(rotated))?.secretHash === "new",
    "a lease": (await row(leased))?.lease === "held",
    "renewed tokens": (await row(refreshed))?.body === "renewed",
    "a marker": (await store.marked(marker, START)) !== undefined,
  };
}

const all = (value: boolean) => ({
  "a new session": value,
  "an ending": value,
  "a rotation": value,
  "a lease": value,
  "renewed tokens": value,
  "a marker": value,
});

async function offsetAt(port: number, name: string): Promise<number> {
  const [info] = await tell(port, ["INFO", "replication"]);
  return Number(new RegExp(`${name}:(\\d+)`).exec(String(info))?.[1]);
}

/** Resolves when the replica has all that the master has now. */
async function inStep({ master, replica }: Shard): Promise<void> {
  const written = await offsetAt(master, "master_repl_offset");
  await eventually("the replica has all", async () => (await offsetAt(replica, "slave_repl_offset")) >= written);
}

/** From now on the replica gets nothing, while the master serves as before. */
async function cutReplica({ master }: Shard): Promise<void> {
  await tell(master, ["ACL", "SETUSER", "default", "-psync", "-sync"], ["CLIENT", "KILL", "TYPE", "replica"]);
  await eventually("the master has no replica", async () => {
    const [info] = await tell(master, ["INFO", "replication"]);
    return /connected_slaves:0/.test(String(info));
  });
}

/** Lets a master fail after writes that it answered, and says what came of each kind, and what is left of it. */
async function failing(options: Partial<RedisOptions>, cut: boolean) {
  const prefix = `failover${prefixes++}`;
  const keys = new Keys(prefix);
  const shard = await cluster.shardOf(0);
  const row = () => inShard(shard, sampleRow, ({ id }) => keys.row(id));
  const name = () => sampleRow().id;
  const marker = inShard(shard, name, (one) => keys.marker(one));
  const written = { ended: row(), rotated: row(), leased: row(), refreshed: row(), fresh: row(), marker };
  await using open = new AsyncDisposableStack();
  const storeWith = async (more: Partial<RedisOptions>): Promise<SessionStore> => {
    const { store, dispose } = await handlesOf(connect, { prefix, ...more });
    open.defer(async () => {
      await store.close();
      await dispose?.();
    });
    return store;
  };
  const before = await storeWith({ replicas: 0 });
  for (const one of [written.ended, written.rotated, written.leased, written.refreshed]) await before.put(one, "absent");
  await inStep(shard);
  if (cut) await cutReplica(shard);
  const store = await storeWith(options);
  const outcomes = Object.entries(kinds(store, written)).map(async ([kind, write]) => [kind, await isDone(write)] as const);
  const answered = Object.fromEntries(await Promise.all(outcomes));
  await cluster.failover(shard);
  await eventually("the client follows", async () => (await store.get(written.ended.id)) !== undefined);
  const result = { answered, left: await left(store, written) };
  await cluster.heal(shard.master);
  return result;
}

/** Whether a write was answered as done; `false` for an outage, which leaves it open. */
async function isDone(write: () => unknown): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    assert.ok(error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE", String(error));
    return false;
  }
}

test("without confirmation, what a cut-off replica has not got is lost when it takes over, each kind", async () => {
  const { answered, left } = await failing({ replicas: 0 }, true);
  assert.deepEqual(answered, all(true), "each was answered as done");
  assert.deepEqual(left, all(false));
});

test("SE-12 with confirmation, what no replica has got is an outage and was never answered as done", async () => {
  const { answered, left } = await failing({ replicas: 1, confirmTimeout: 100 }, true);
  assert.deepEqual(answered, all(false));
  assert.deepEqual(left, all(false));
});

test("SE-12 with confirmation, what was answered as done is there after a failover, each kind", async () => {
  const { answered, left } = await failing({ replicas: 1 }, false);
  assert.deepEqual(answered, all(true));
  assert.deepEqual(left, all(true));
});
