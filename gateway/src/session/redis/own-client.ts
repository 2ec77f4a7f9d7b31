/** The gateway's own client of Redis or Valkey, as the store's address says. */
import { readFileSync } from "node:fs";
import { createClient, createCluster, createSentinel } from "@redis/client";
import { CoatcheckError } from "coatcheck";
import { omitUndefined } from "coatcheck/settings";
import type { RedisSetting } from "../../config/kinds/redis-address.ts";
import { PATIENCE, SteadyClient } from "./steady-client.ts";

/**
 * A server that takes connections and answers nothing, as a stopped one does, is told by its silence: the client asks
 * for a sign of life every two seconds.
 */
const ALIVE = { pingInterval: 2_000 };
const SILENCE = 7_000;
/** The pause before a connection is made anew, in milliseconds: by default a client leaves a silent server for good. */
const again = (retries: number): number => Math.min(50 * 2 ** retries, 1_000) + Math.floor(Math.random() * 100);
/** How long a node of a cluster may be gone before the others are asked who has its slots, in milliseconds. */
const GONE = 1_000;
/** How often the client itself asks all sentinels, a second apart, before it gives up: then we begin anew. */
const ROUNDS = 3;

/** Makes the client; nothing is connected yet. Throws `ERR_STORE_INVALID` for a file that cannot be read. */
export function ownClient(setting: RedisSetting, password: () => string | undefined): SteadyClient {
  const { form, servers, user, database, master = "" } = setting;
  const limits = { connectTimeout: PATIENCE, socketTimeout: SILENCE, reconnectStrategy: again };
  const socket = { ...limits, keepAlive: true, ...tlsOf(setting) };
  const credentials = async () => omitUndefined({ username: user, password: password() });
  const account = { credentialsProvider: { type: "async-credentials-provider", credentials }, ...ALIVE } as const;
  const commandOptions = { timeout: PATIENCE };
  if (form === "cluster") {
    const rootNodes = servers.map((server) => ({ socket: server }));
    const defaults = { ...account, socket };
    return new SteadyClient(
      createCluster({ rootNodes, defaults, commandOptions, topologyRefreshOnReconnectionAttemptStrategy: GONE }),
    );
  }
  if (form === "sentinel") {
    return new SteadyClient(
      createSentinel({
        name: master,
        sentinelRootNodes: [...servers],
        nodeClientOptions: { ...account, database, socket },
        sentinelClientOptions: { ...ALIVE, socket, ...sentinelAccount(setting) },
        commandOptions,
        maxCommandRediscovers: ROUNDS,
        // What a master refuses is told as well.
        passthroughClientErrorEvents: true,
      }),
    );
  }
  return new SteadyClient(createClient({ ...account, database, socket: { ...servers[0], ...socket }, commandOptions }));
}

/** The password is read for each connection, so that another one counts from the next on. */
function sentinelAccount({ sentinelUser, sentinelPasswordFile: file }: RedisSetting) {
  if (sentinelUser === undefined && file === undefined) return {};
  const read = () => omitUndefined({ username: sentinelUser, password: file && readNamed(file, "sentinelPasswordFile").trim() });
  read();
  return { credentialsProvider: { type: "async-credentials-provider", credentials: async () => read() } } as const;
}

/** The text of a file that a parameter of the store's address names. */
function readNamed(path: string, parameter: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CoatcheckError("ERR_STORE_INVALID", {
      message: `The file ${path}, which ${parameter} of the store names, cannot be read.`,
      cause,
    });
  }
}

function tlsOf({ tls, rootCertificate }: RedisSetting) {
  if (!tls) return {};
  return rootCertificate === undefined
    ? ({ tls: true } as const)
    : ({ tls: true, ca: readNamed(rootCertificate, "ca") } as const);
}
