/** Clients of the package `redis`: one server, sentinel, cluster. */
import type { Commander, Link, LinkListener, RedisCommand } from "./commander.ts";
import { ONLY, unknownMaster } from "./commander.ts";
import { OwnConnection } from "./own-connection.ts";
import { slotOf } from "./slot.ts";

interface Connection {
  /** `false` from when it has given up. */
  readonly isOpen?: boolean;
  connect(): Promise<unknown>;
  destroy(): unknown;
  on(event: string, listener: () => void): unknown;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
}

interface SingleClient extends Connection {
  duplicate(): SingleClient;
  sendCommand(command: RedisCommand): Promise<unknown>;
}

interface SentinelClient extends Connection {
  duplicate(overrides: { readonly masterPoolSize: 1; readonly reserveClient: true }): SentinelClient;
  sendCommand(reads: boolean, command: RedisCommand): Promise<unknown>;
  acquire(): unknown;
}

interface ClusterNode {
  readonly address: string;
}

interface ClusterClient {
  sendCommand(key: string, reads: boolean, command: RedisCommand): Promise<unknown>;
  readonly slots: readonly { readonly master: ClusterNode }[];
  readonly masters: readonly ClusterNode[];
  readonly nodeByAddress: ReadonlyMap<string, ClusterNode>;
  nodeClient(node: ClusterNode): Promise<SingleClient>;
}

type NodeRedisClient = SingleClient | SentinelClient | ClusterClient;

/** Whether it is a client of `redis`. */
export const isNodeRedis = (client: object): client is NodeRedisClient =>
  "sendCommand" in client && "duplicate" in client && !("call" in client);
const isCluster = (client: NodeRedisClient): client is ClusterClient => "nodeClient" in client;
const isSentinel = (client: SingleClient | SentinelClient): client is SentinelClient => "acquire" in client;

export function nodeRedisCommander(client: NodeRedisClient): Commander {
  if (isCluster(client)) return clusterCommander(client);
  const alone = { masterOf: () => ONLY, masters: () => [ONLY] };
  if (isSentinel(client)) {
    const send = (_: string, command: RedisCommand): Promise<unknown> => client.sendCommand(false, command);
    const open = (): Link =>
      opened(
        // One connection, whatever the app's pool has: a `WAIT` on another than the write's confirms nothing.
        async () => client.duplicate({ masterPoolSize: 1, reserveClient: true }),
        (own, command) => own.sendCommand(false, command),
      );
    return { kind: "sentinel", send, ask: send, open, ...alone };
  }
  const send = (_: string, command: RedisCommand): Promise<unknown> => client.sendCommand(command);
  return { kind: "server", send, ask: send, open: () => opened(async () => client.duplicate(), sent), ...alone };
}

function clusterCommander(client: ClusterClient): Commander {
  const nodeAt = async (master: string): Promise<SingleClient> => {
    const node = client.nodeByAddress.get(master);
    if (node === undefined) throw unknownMaster(master);
    return client.nodeClient(node);
  };
  return {
    kind: "cluster",
    send: (key, command) => client.sendCommand(key, false, command),
    masterOf: (key) => client.slots[slotOf(key)]?.master.address ?? ONLY,
    masters: () => client.masters.map(({ address }) => address),
    ask: async (master, command) => (await nodeAt(master)).sendCommand(command),
    open: (master) => opened(async () => (await nodeAt(master)).duplicate(), sent),
  };
}

const sent = (connection: SingleClient, command: RedisCommand): Promise<unknown> => connection.sendCommand(command);

/** How the server's errors begin; what is told of a lost connection is a sentence. */
const CODE = /^[A-Z]{2,}/;

/** An error that the server answered is an answer; any other is thrown. */
function serversError(error: unknown): Error {
  if (error instanceof Error && CODE.test(error.message)) return error;
  throw error;
}

/** Names the connection. A server that may not be asked answers the same refusal twice. */
const WHICH: RedisCommand = ["CLIENT", "ID"];

function opened<Own extends Connection>(
  make: () => Promise<Own>,
  send: (connection: Own, command: RedisCommand) => Promise<unknown>,
): Link {
  let listener: LinkListener | undefined;
  // How often it was connected: a `WAIT` on another connection than the write's confirms nothing.
  let connections = 0;
  const own = new OwnConnection(make, {
    connect(connection) {
      // What goes wrong with it is told by its calls, too.
      for (const event of ["error", "end", "reconnecting"]) {
        connection.on(event, () => (connection.isOpen === false ? listener?.over() : listener?.lost()));
      }
      for (const event of ["ready", "topology-change"]) {
        connection.on(event, () => {
          connections++;
          listener?.stands();
        });
      }
      return connection.connect();
    },
    close: (connection) => connection.destroy(),
  });
  return {
    pipeline: (commands) =>
      own.use(async (connection) => {
        const before = connections;
        // Of one turn, so they go out together. (The client's own pipelines tell of one error alone.)
        const sending = [WHICH, ...commands, WHICH].map((command) => send(connection, command));
        const answers = await Promise.allSettled(sending);
        const [first, ...others] = answers.map((answer) =>
          answer.status === "fulfilled" ? answer.value : serversError(answer.reason),
        );
        // Behind sentinels a client connects again without a word of it.
        if (connections !== before || String(first) !== String(others.pop()))
          throw new Error("The connection was lost on the way.");
        return others;
      }),
    async subscribe(channel, told) {
      await own.use((connection) => connection.subscribe(channel, (message) => told.heard(message)));
      listener = told;
      told.stands();
    },
    close: () => own.close(),
  };
}
