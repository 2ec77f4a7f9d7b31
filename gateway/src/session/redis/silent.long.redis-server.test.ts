/** A server of Redis that stands still for longer than is waited for it, and goes on. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@redis/client";
import { type RedisServer, startRedis } from "../../../../tools/suite/redis-server.ts";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { ServedGateway } from "../../../test-support/command.ts";

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("redis-silent"));
after(() => open.disposeAsync());

async function storeIs(gateway: ServedGateway, wanted: boolean): Promise<void> {
  while (Object(JSON.parse((await gateway.admin("/health/ready")).text)).store !== wanted) await sleep(50);
}

/** How many connections a server has taken since it was started. */
async function taken({ port }: RedisServer): Promise<number> {
  const client = await createClient({ socket: { port } }).connect();
  const info = String(await client.sendCommand(["INFO", "stats"]));
  client.destroy();
  return Number(/total_connections_received:(\d+)/.exec(info)?.[1]);
}

test("SE-16 a gateway leaves a server that has been silent, and comes back to it", async () => {
  const cluster = open.use(await startRedis(["cluster-enabled yes"]));
  const alone = open.use(await startRedis());
  const watching = open.use(await startRedis([`sentinel monitor sessions 127.0.0.1 ${alone.port} 1`], true));
  const admin = await createClient({ socket: { port: cluster.port } }).connect();
  await admin.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  admin.destroy();
  const stores = [
    `redis://127.0.0.1:${alone.port}`,
    `redis+cluster://127.0.0.1:${cluster.port}?replicas=0`,
    `redis+sentinel://127.0.0.1:${watching.port}/sessions?replicas=0`,
  ];
  const gateways = await Promise.all(
    stores.map(async (store) =>
      open.use(await ServedGateway.start({ environment: { COATCHECK_STORE: store }, cwd: folder.path })),
    ),
  );
  for (const gateway of gateways) await storeIs(gateway, true);
  const before = await Promise.all([taken(alone), taken(cluster)]);
  const servers = [cluster, alone, watching];
  for (const server of servers) await server.kill("SIGSTOP");
  for (const gateway of gateways) await storeIs(gateway, false);
  // Connections that were left are made anew, which a server that stands still takes, too: it tells of them afterwards.
  await sleep(12_000);
  for (const server of servers) await server.kill("SIGCONT");
  for (const gateway of gateways) await storeIs(gateway, true);
  const now = await Promise.all([taken(alone), taken(cluster)]);
  assert.ok(
    now.every((count, index) => count > (before[index] ?? 0) + 1),
    `${before} connections, then ${now}`,
  );
  for (const gateway of gateways) assert.equal((await gateway.stop()).code, 0);
});
