/** A master of a cluster that fails after writes that were answered, and the replica that takes over. */
import type { SessionStore } from "../../../src/contracts.ts";
import { slotOf } from "../../../src/stores/redis/clients/slot.ts";
import { Keys } from "../../../src/stores/redis/keys.ts";
import type { RedisOptions } from "../../../src/stores/redis.ts";
import { type ClusterGroup, eventually, type Shard, tell } from "../redis-groups.ts";
import { type Connect, handlesOf, nodeRedisCluster } from "../redis-handles.ts";

/** What is done around a failover, and what it comes to. */
interface Trial<Before, Answered, Left> {
  /** What is there before, on master and replica, by a store that waits for no replica. */
  prepare(store: SessionStore, shard: TrialShard): Promise<Before>;
  /** What is written just before the master fails. */
  write(store: SessionStore, before: Before): Promise<Answered>;
  /** What is left afterwards, by a store that waits for no replica: the new master has none yet. */
  look(store: SessionStore, before: Before): Promise<Left>;
  /** A row that is there throughout: when it is read again, the client follows the failover. */
  readonly throughout: (before: Before) => string;
}

/** The shard of which the master fails. */
interface TrialShard {
  readonly keys: Keys;
  readonly has: (key: string) => boolean;
  /** Whether the row of this id is in it. */
  readonly hasRow: (id: string) => boolean;
}

interface Outcome<Answered, Left> {
  readonly answered: Answered;
  readonly left: Left;
}

let prefixes = 0;

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

/** Lets a master fail after writes that it answered. `cut`: its replica has heard of none of them. */
export async function failingOver<Before, Answered, Left>(
  cluster: ClusterGroup,
  options: Partial<RedisOptions>,
  cut: boolean,
  { prepare, write, look, throughout }: Trial<Before, Answered, Left>,
): Promise<Outcome<Answered, Left>> {
  const prefix = `failover${prefixes++}`;
  const connect: Connect = () => nodeRedisCluster(() => cluster.addresses)();
  const shard = await cluster.shardOf(0);
  const has = (key: string): boolean => shard.first <= slotOf(key) && slotOf(key) <= shard.last;
  await using open = new AsyncDisposableStack();
  const storeWith = async (more: Partial<RedisOptions>): Promise<SessionStore> => {
    const { store, dispose } = await handlesOf(connect, { prefix, ...more });
    open.defer(async () => {
      await store.close();
      await dispose?.();
    });
    return store;
  };
  const keys = new Keys(prefix);
  const hasRow = (id: string): boolean => has(keys.row(id));
  const plain = await storeWith({ replicas: 0 });
  const before = await prepare(plain, { keys, has, hasRow });
  await inStep(shard);
  if (cut) await cutReplica(shard);
  const store = await storeWith(options);
  const answered = await write(store, before);
  await cluster.failover(shard);
  await eventually("the client follows", async () => (await plain.get(throughout(before))) !== undefined);
  const left = await look(plain, before);
  await cluster.heal(shard.master);
  return { answered, left };
}

/** Names of which this shard has the keys. */
export function drawnFor<Named>({ has }: TrialShard, draw: () => Named, keyOf: (named: Named) => string): Named {
  for (;;) {
    const named = draw();
    if (has(keyOf(named))) return named;
  }
}
