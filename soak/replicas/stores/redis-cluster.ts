/** A Redis cluster of six nodes, three masters with a replica each, set up as docs/stores.md says. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePorts } from "../../../tools/suite/free-port.ts";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import type { Random } from "../../random.ts";
import type { RunStore } from "./run-store.ts";

const run = promisify(execFile);
const MASTERS = 3;
const SETTINGS = [
  "cluster-enabled yes",
  "cluster-node-timeout 2000",
  "repl-diskless-sync-delay 0",
  "maxmemory-policy noeviction",
  "appendonly yes",
  "appendfsync everysec",
  "min-replicas-to-write 1",
  "min-replicas-max-lag 10",
];
const LONGEST = 60_000;

/** `random` picks who fails. */
export async function redisClusterStore(random: Random): Promise<RunStore> {
  const buses = await freePorts(2 * MASTERS);
  const nodes = await Promise.all(buses.map((bus) => startRedis([...SETTINGS, `cluster-port ${bus}`])));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const withBuses = addresses.map((address, index) => `${address}@${buses[index]}`);
  await run("redis-cli", ["--cluster", "create", ...withBuses, "--cluster-replicas", "1", "--cluster-yes"]);
  await eventually("the cluster is whole", () => isWhole(nodes));
  const chosen = async (): Promise<RedisServer> => {
    const masters: RedisServer[] = [];
    for (const node of nodes) if (await isMaster(node)) masters.push(node);
    const master = random.pick(masters);
    if (master === undefined) throw new Error("the cluster has no master");
    return master;
  };
  return {
    address: `redis+cluster://${addresses.join(",")}`,
    async restart() {
      const master = await chosen();
      await master.kill("SIGTERM");
      await master.restart();
      await eventually("the cluster is whole after a restart", () => isWhole(nodes));
      return "a master of Redis, ended and started";
    },
    async failover() {
      const master = await chosen();
      await master.kill("SIGKILL");
      const others = nodes.filter((node) => node !== master);
      await eventually("a replica takes its place", () => hasMasters(others));
      await master.restart();
      await eventually("the cluster is whole after a failover", () => isWhole(nodes));
      return "a master of Redis, killed, its replica promoted";
    },
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]();
    },
  };
}

async function ask({ port }: RedisServer, ...command: readonly string[]): Promise<string> {
  return (await run("redis-cli", ["-p", String(port), ...command], { timeout: 5_000 })).stdout;
}

const isMaster = async (node: RedisServer): Promise<boolean> => /^role:master/m.test(await ask(node, "INFO", "replication"));

/** Whether these nodes see a cluster that takes all keys, with three masters among them. */
async function hasMasters(nodes: readonly RedisServer[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map((node) => ask(node, "CLUSTER", "INFO")));
  const roles = await Promise.all(nodes.map(isMaster));
  return infos.every((info) => /cluster_state:ok/.test(info)) && roles.filter(Boolean).length === MASTERS;
}

/** The same of all, and each master has its replica. */
async function isWhole(nodes: readonly RedisServer[]): Promise<boolean> {
  if (!(await hasMasters(nodes))) return false;
  const links = await Promise.all(nodes.map((node) => ask(node, "INFO", "replication")));
  return links.every((info) => /connected_slaves:1|master_link_status:up/.test(info));
}

/** Asks until it is so: what servers agree on among themselves takes its time. */
async function eventually(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LONGEST;
  while (!(await ask().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`not within ${LONGEST / 1_000} s: ${what}`);
    await sleep(100);
  }
}
