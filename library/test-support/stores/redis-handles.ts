/** Stores under test over clients of both libraries: each handle has a client of its own, each test its own prefix. */
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster, createSentinel } from "redis";
import type { SessionStore } from "../../src/contracts.ts";
import type { RedisClient, RedisOptions } from "../../src/stores/redis.ts";
import { redis } from "../../src/stores/redis.ts";
import type { StoreUnderTest } from "../../src/testing/store-suite/case.ts";
import { MASTER_NAME } from "./redis-groups.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A connected client, and how the test ends it. */
interface Connected {
  readonly client: RedisClient;
  close(): unknown;
}

/** Connects one more client. */
export type Connect = () => Promise<Connected>;

const ignore = (): void => {};

export const nodeRedis =
  (address: () => Address): Connect =>
  async () => {
    const client = createClient({ socket: address() });
    await client.on("error", ignore).connect();
    return { client, close: () => client.destroy() };
  };

export const ioredis =
  (address: () => Address): Connect =>
  async () => {
    const client = new Redis({ ...address(), lazyConnect: true });
    client.on("error", ignore);
    await client.connect();
    return { client, close: () => client.disconnect() };
  };

async function sentinelAt(address: Address) {
  const client = createSentinel({ name: MASTER_NAME, sentinelRootNodes: [address] });
  return client.on("error", ignore).setMaxListeners(0).connect();
}

/**
 * Two clients for a whole file, and what they duplicate to: one connects in some tenths of a second, and a suite would
 * take hundreds of them.
 */
export function nodeRedisSentinels(address: () => Address): { readonly connect: Connect; close(): Promise<void> } {
  const made = new Map<number, ReturnType<typeof sentinelAt>>();
  const nth = (n: number): ReturnType<typeof sentinelAt> => {
    const known = made.get(n) ?? sentinelAt(address());
    made.set(n, known);
    return known;
  };
  let asked = 0;
  return {
    async connect() {
      const n = asked++ % 2;
      const [client, own] = await Promise.all([nth(n), nth(2 + n)]);
      const shared = {
        sendCommand: own.sendCommand.bind(own),
        subscribe: own.subscribe.bind(own),
        on: own.on.bind(own),
        connect: async () => {},
        destroy: ignore,
      };
      const acquire = client.acquire.bind(client);
      return { client: { sendCommand: client.sendCommand.bind(client), acquire, duplicate: () => shared }, close: ignore };
    },
    async close() {
      for (const client of made.values()) await (await client).destroy();
    },
  };
}

export const ioredisSentinel =
  (address: () => Address): Connect =>
  async () => {
    const client = new Redis({ sentinels: [address()], name: MASTER_NAME, lazyConnect: true });
    client.on("error", ignore);
    await client.connect();
    return { client, close: () => client.disconnect() };
  };

export const nodeRedisCluster =
  (addresses: () => readonly Address[]): Connect =>
  async () => {
    const client = createCluster({ rootNodes: addresses().map((socket) => ({ socket })) });
    await client.on("error", ignore).connect();
    return { client, close: () => client.destroy() };
  };

export const ioredisCluster =
  (addresses: () => readonly Address[]): Connect =>
  async () => {
    const client = new Cluster([...addresses()], { lazyConnect: true });
    client.on("error", ignore);
    await client.connect();
    return { client, close: () => client.disconnect() };
  };

let prefixes = 0;

/** A store under test on keys of its own. */
export async function handlesOf(connect: Connect, options: Partial<RedisOptions> = {}): Promise<StoreUnderTest> {
  const prefix = `test${prefixes++}`;
  const connected: Connected[] = [];
  const another = async (): Promise<SessionStore> => {
    const one = await connect();
    connected.push(one);
    // A busy machine lets replicas wait for their turn.
    return redis({ client: one.client, prefix, confirmTimeout: 4_000, onWarning: ignore, ...options });
  };
  const dispose = async (): Promise<void> => {
    for (const { close } of connected) await close();
  };
  return { store: await another(), another, dispose };
}
