/** A scan of Redis over what would make its cursors mean nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startRedis } from "../../../tools/suite/redis-server.ts";
import { startCluster, tell } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, nodeRedis, nodeRedisCluster } from "../../test-support/stores/redis-handles.ts";
import type { ScanPage, SessionStore } from "../contracts.ts";
import { patiently } from "../move/work.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { slotOf } from "./redis/clients/slot.ts";
import { Keys } from "./redis/keys.ts";

const LIMIT = 10;

async function page(store: SessionStore, position: string | null): Promise<ScanPage> {
  const found = await patiently(async () => store.scan?.(position, LIMIT));
  assert.ok(found);
  return found;
}

/** The ids of a scan to its end, from a position on. */
async function idsFrom(store: SessionStore, position: string | null): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (let next = position; ; ) {
    const { rows, next: following } = await page(store, next);
    for (const { id } of rows) ids.add(id);
    if (following === null) return ids;
    next = following;
  }
}

async function filled(store: SessionStore, count: number): Promise<ReadonlySet<string>> {
  const rows = Array.from({ length: count }, () => sampleRow());
  for (const row of rows) await store.put(row, "absent");
  return new Set(rows.map(({ id }) => id));
}

test("a scan begins anew when the server was started again, since its cursors are of the process", async () => {
  await using server = await startRedis(["appendonly yes", "appendfsync always"]);
  const { store, dispose } = await handlesOf(nodeRedis(() => ({ host: "127.0.0.1", port: server.port })));
  const ids = await filled(store, 80);
  const { next } = await page(store, null);
  assert.ok(next);
  const { next: further } = await page(store, next);
  assert.ok(further);
  assert.equal((await idsFrom(store, further)).size < ids.size, true, "it goes on from there");
  await server.kill("SIGKILL");
  await server.restart();
  assert.deepEqual(await idsFrom(store, further), ids);
  await store.close();
  await dispose?.();
});

test("a scan of a cluster waits while a slot moves, and begins anew afterwards", async () => {
  await using cluster = await startCluster();
  const prefix = "scanned";
  const { store, dispose } = await handlesOf(
    nodeRedisCluster(() => cluster.addresses),
    { prefix },
  );
  const ids = await filled(store, 120);
  await store.mark("k", START + 1, START, "v");
  const { next } = await page(store, null);
  assert.ok(next);
  const slot = slotOf(new Keys(prefix).row([...ids][0] ?? ""));
  const from = await cluster.shardOf(slot);
  const to = (await cluster.shards()).find(({ id }) => id !== from.id) ?? from;
  await tell(to.master, ["CLUSTER", "SETSLOT", slot, "IMPORTING", from.id]);
  await tell(from.master, ["CLUSTER", "SETSLOT", slot, "MIGRATING", to.id]);
  await assert.rejects(async () => store.scan?.(next, LIMIT), /cannot be looked through now: slots are being moved/);
  const [keys] = await tell(from.master, ["CLUSTER", "GETKEYSINSLOT", slot, 100]);
  for (const key of Array.isArray(keys) ? keys : []) {
    await tell(from.master, ["MIGRATE", "127.0.0.1", to.master, String(key), 0, 5_000]);
  }
  for (const { master } of [to, from]) await tell(master, ["CLUSTER", "SETSLOT", slot, "NODE", to.id]);
  assert.deepEqual(await idsFrom(store, next), ids);
  await store.close();
  await dispose?.();
});
