/** Clients of the package `ioredis`: one server or sentinel, cluster. */
import type { Commander, Link, RedisCommand } from "./commander.ts";
import { ONLY, unknownMaster } from "./commander.ts";
import { OwnConnection } from "./own-connection.ts";
import { slotOf } from "./slot.ts";

interface LinkOptions {
  readonly autoResendUnfulfilledCommands: boolean;
  readonly lazyConnect: boolean;
  readonly retryStrategy: (times: number) => number;
}

interface Pipeline {
  call(...command: RedisCommand): unknown;
  exec(): Promise<readonly (readonly [error: unknown, answer: unknown])[] | null>;
}

interface SingleClient {
  readonly options: { readonly host?: string; readonly port?: number; readonly sentinels?: unknown };
  call(...command: RedisCommand): Promise<unknown>;
  duplicate(options: LinkOptions): SingleClient;
  connect(): Promise<void>;
  disconnect(): void;
  on(event: string, listener: (channel: string, message: string) => void): unknown;
  pipeline(): Pipeline;
  subscribe(channel: string): Promise<unknown>;
}

interface ClusterClient {
  readonly isCluster: true;
  readonly options: { readonly scaleReads?: unknown };
  readonly slots: readonly (readonly string[])[];
  call(...command: RedisCommand): Promise<unknown>;
  nodes(role: "master" | "all"): readonly SingleClient[];
}

/** Whether it is a client of `ioredis`. */
export const isIoredis = (client: object): client is SingleClient | ClusterClient => "call" in client && "duplicate" in client;
const isCluster = (client: SingleClient | ClusterClient): client is ClusterClient => "isCluster" in client && client.isCluster;

const nameOf = ({ options: { host, port } }: SingleClient): string => `${host}:${port}`;

/**
 * Not sent again: a `WAIT` that was on its way when a master died would be answered by the next one, which knows
 * nothing of the write.
 */
const LINK: LinkOptions = {
  autoResendUnfulfilledCommands: false,
  lazyConnect: true,
  retryStrategy: (times) => Math.min(times * 50, 1_000),
};

export function ioredisCommander(client: SingleClient | ClusterClient): Commander {
  // In a cluster it finds the key by itself.
  const send = (_: string, command: RedisCommand): Promise<unknown> => client.call(...command);
  if (isCluster(client)) return clusterCommander(client, send);
  return {
    kind: Array.isArray(client.options.sentinels) ? "sentinel" : "server",
    send,
    ask: send,
    masterOf: () => ONLY,
    masters: () => [ONLY],
    open: () => opened(async () => client.duplicate(LINK)),
  };
}

function clusterCommander(client: ClusterClient, send: Commander["send"]): Commander {
  // A replica that lags has no new session, and one that was logged out still lives there.
  if ((client.options.scaleReads ?? "master") !== "master") {
    throw new TypeError('redis({ client }) takes a Cluster of ioredis whose scaleReads is "master": sessions are read there');
  }
  const nodeAt = (master: string): SingleClient => {
    const node = client.nodes("all").find((one) => nameOf(one) === master);
    if (node === undefined) throw unknownMaster(master);
    return node;
  };
  return {
    kind: "cluster",
    send,
    ask: async (master, command) => nodeAt(master).call(...command),
    masterOf: (key) => client.slots[slotOf(key)]?.[0] ?? ONLY,
    masters: () => client.nodes("master").map(nameOf),
    open: (master) => opened(async () => nodeAt(master).duplicate(LINK)),
  };
}

function opened(make: () => Promise<SingleClient>): Link {
  const own = new OwnConnection(make, {
    connect(connection) {
      // What goes wrong with it is told by its calls.
      connection.on("error", () => {});
      return connection.connect();
    },
    close: (connection) => connection.disconnect(),
  });
  return {
    pipeline: (commands) =>
      own.use(async (connection) => {
        const pipeline = connection.pipeline();
        for (const command of commands) pipeline.call(...command);
        const answers = (await pipeline.exec()) ?? [];
        const lost = answers.find(([error]) => error instanceof Error && error.name !== "ReplyError");
        if (lost !== undefined) throw lost[0];
        return answers.map(([error, answer]) => error ?? answer);
      }),
    subscribe: (channel, listener) =>
      own.use(async (connection) => {
        connection.on("message", (_, message) => listener.heard(message));
        connection.on("close", () => listener.lost());
        // Once more: it is answered when the one before stands.
        connection.on(
          "ready",
          () =>
            void connection.subscribe(channel).then(
              () => listener.stands(),
              () => {},
            ),
        );
        await connection.subscribe(channel);
        listener.stands();
      }),
    close: () => own.close(),
  };
}
