/** Groups of real Redis servers for tests: a master with a replica and a sentinel, and a cluster of six nodes. */
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePorts } from "../../../tools/suite/free-port.ts";
import type { RedisServer } from "../../../tools/suite/redis-server.ts";
import { startRedis } from "../../../tools/suite/redis-server.ts";

/** The name by which the sentinel knows its master. */
export const MASTER_NAME = "sessions";
/** How long a server may be silent before others take its place, in milliseconds. */
const SILENCE = 2_000;
const SLOTS = 16_384;
const MASTERS = 3;

/** Runs commands on one server, and leaves. */
export async function tell(
  port: number,
  ...commands: readonly (readonly [string, ...(string | number)[]])[]
): Promise<unknown[]> {
  const client = new Redis(port, { lazyConnect: true });
  client.on("error", () => {});
  try {
    await client.connect();
    const answers: unknown[] = [];
    for (const [name, ...args] of commands) answers.push(await client.call(name, ...args));
    return answers;
  } finally {
    client.disconnect();
  }
}

/** Asks until the answer is as wanted: what servers agree on among themselves takes its time. */
export async function eventually(what: string, ask: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    if (await ask().catch(() => false)) return;
    if (performance.now() > end) throw new Error(`not within 30 s: ${what}`);
    await sleep(50);
  }
}

async function all(starts: readonly Promise<RedisServer>[]): Promise<readonly RedisServer[]> {
  return Promise.all(starts);
}

const linked = async (port: number): Promise<boolean> => {
  const [info] = await tell(port, ["INFO", "replication"]);
  return /master_link_status:up/.test(String(info));
};

/** A master with a replica, watched by a sentinel. */
export interface SentinelGroup extends AsyncDisposable {
  readonly servers: readonly [master: RedisServer, replica: RedisServer];
  readonly sentinel: RedisServer;
}

export async function startSentinelGroup(): Promise<SentinelGroup> {
  const master = await startRedis(["repl-diskless-sync-delay 0"]);
  const replica = await startRedis([`replicaof 127.0.0.1 ${master.port}`]);
  await eventually("the replica follows", () => linked(replica.port));
  const watched = [
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${SILENCE}`,
    `sentinel failover-timeout ${MASTER_NAME} 5000`,
  ];
  const sentinel = await startRedis(watched, true);
  await eventually("the sentinel knows the replica", async () => {
    const [replicas] = await tell(sentinel.port, ["SENTINEL", "REPLICAS", MASTER_NAME]);
    return Array.isArray(replicas) && replicas.length === 1;
  });
  return {
    servers: [master, replica],
    sentinel,
    async [Symbol.asyncDispose]() {
      for (const server of [sentinel, replica, master]) await server[Symbol.asyncDispose]();
    },
  };
}

/** Three masters, each with a replica. */
export interface ClusterGroup extends AsyncDisposable {
  readonly nodes: readonly RedisServer[];
  /** The addresses to begin with. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** The node of this port. */
  node(port: number): RedisServer;
  /** The shards, as a node sees them that can be reached. */
  shards(): Promise<readonly Shard[]>;
  /** The shard that has this slot. */
  shardOf(slot: number): Promise<Shard>;
  /** Kills the master of a shard; resolves when its replica has taken its place. */
  failover(shard: Shard): Promise<void>;
  /** Starts a node again, killed or not; resolves when it follows the master of its shard. */
  heal(port: number): Promise<void>;
}

/** Slots, the master that has them, and its replica. */
export interface Shard {
  readonly first: number;
  readonly last: number;
  readonly master: number;
  readonly replica: number;
  /** The master's name in the cluster. */
  readonly id: string;
}

async function shardsAt(port: number): Promise<readonly Shard[]> {
  const [answer] = await tell(port, ["CLUSTER", "SLOTS"]);
  if (!Array.isArray(answer)) return [];
  return answer.map(([first, last, ...nodes]: [number, number, ...[string, number, string][]]) => {
    const [master, replica] = nodes;
    return { first, last, master: master?.[1] ?? 0, replica: replica?.[1] ?? 0, id: master?.[2] ?? "" };
  });
}

export async function startCluster(): Promise<ClusterGroup> {
  const buses = await freePorts(2 * MASTERS);
  const config = ["cluster-enabled yes", `cluster-node-timeout ${SILENCE}`, "repl-diskless-sync-delay 0"];
  const nodes = await all(buses.map((bus) => startRedis([...config, `cluster-port ${bus}`])));
  const ids = await Promise.all(nodes.map(async ({ port }) => String((await tell(port, ["CLUSTER", "MYID"]))[0])));
  const [first] = nodes;
  if (first === undefined) throw new Error("no nodes");
  for (const [index, { port }] of nodes.entries()) {
    const meet = ["CLUSTER", "MEET", "127.0.0.1", first.port, buses[0] ?? 0] as const;
    const share = SLOTS / MASTERS;
    const slots = ["CLUSTER", "ADDSLOTSRANGE", Math.ceil(index * share), Math.ceil((index + 1) * share) - 1] as const;
    await tell(port, ["CLUSTER", "SET-CONFIG-EPOCH", index + 1], ...(index < MASTERS ? [slots] : []), meet);
  }
  for (const { port } of nodes) {
    await eventually("all nodes know each other", async () => {
      const [known] = await tell(port, ["CLUSTER", "NODES"]);
      const lines = String(known).trim().split("\n");
      return lines.length === nodes.length && !/handshake|noaddr/.test(String(known));
    });
  }
  for (const [index, { port }] of nodes.slice(MASTERS).entries()) await tell(port, ["CLUSTER", "REPLICATE", ids[index] ?? ""]);
  for (const { port } of nodes) {
    await eventually("the cluster is whole", async () => {
      const [info] = await tell(port, ["CLUSTER", "INFO"]);
      const shards = await shardsAt(port);
      return /cluster_state:ok/.test(String(info)) && shards.length === MASTERS && shards.every(({ replica }) => replica > 0);
    });
  }
  for (const { port } of nodes.slice(MASTERS)) await eventually("the replica follows", () => linked(port));
  const node = (port: number): RedisServer => {
    const found = nodes.find((one) => one.port === port);
    if (found === undefined) throw new Error(`no node at ${port}`);
    return found;
  };
  const shards = async (): Promise<readonly Shard[]> => {
    for (const { port } of nodes) {
      const seen = await shardsAt(port).catch(() => []);
      if (seen.length > 0) return seen;
    }
    throw new Error("no node can be reached");
  };
  const shardOf = async (slot: number): Promise<Shard> => {
    const shard = (await shards()).find(({ first, last }) => first <= slot && slot <= last);
    if (shard === undefined) throw new Error(`no shard has slot ${slot}`);
    return shard;
  };
  return {
    nodes,
    addresses: nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
    node,
    shards,
    shardOf,
    async failover({ first, master, replica }) {
      await node(master).kill("SIGKILL");
      await eventually("the replica takes its place", async () => {
        const [info] = await tell(replica, ["CLUSTER", "INFO"]);
        return /cluster_state:ok/.test(String(info)) && (await shardOf(first)).master === replica;
      });
    },
    async heal(port) {
      await node(port).kill("SIGKILL");
      await node(port).restart();
      await eventually("it follows", () => linked(port));
      const isWhole = (seen: readonly Shard[]): boolean => seen.length === MASTERS && seen.every(({ replica }) => replica > 0);
      await eventually("all nodes see it", async () =>
        (await Promise.all(nodes.map((one) => shardsAt(one.port)))).every(isWhole),
      );
    },
    async [Symbol.asyncDispose]() {
      for (const one of nodes) await one[Symbol.asyncDispose]();
    },
  };
}
