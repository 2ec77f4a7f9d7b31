/** Opens a store in Redis or Valkey with a client of the gateway's own. Loaded only where one is configured. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, createCluster, createSentinel } from "@redis/client";
import { CoatcheckError, type SessionStore } from "coatcheck";
import { type RedisClient, redis } from "coatcheck/redis";
import { omitUndefined } from "coatcheck/settings";
import type { RedisSetting } from "../config/kinds/redis-address.ts";

interface OpenRedis {
  /** Takes the place of the address's. Asked for each connection. */
  readonly password: () => string | undefined;
  /** Told what an operator should know, at the start or later. */
  readonly onWarning: (message: string) => void;
}

/** How long the first connection may take before the start goes on without it, and one command, in milliseconds. */
const PATIENCE = 3_000;

/** A client, and how it is opened and closed. */
interface OwnClient {
  readonly client: RedisClient;
  connect(): Promise<unknown>;
  close(): unknown;
}

/**
 * Opens the store. A server that does not answer is waited for by the requests, not by the start: it is told as a
 * warning. Closing the store closes the client.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` for what an operator has to mend.
 */
export async function openRedis(setting: RedisSetting, { password, onWarning }: OpenRedis): Promise<SessionStore> {
  const { prefix, replicas, cache: staleness } = setting;
  const cache = staleness === undefined ? undefined : { staleness };
  const own = clientOf(setting, () => password() ?? setting.password);
  const why = await connected(own);
  if (why !== undefined) onWarning(`Redis does not answer yet: ${why}. Requests that look users up are 503 until it does.`);
  const store = redis({ client: own.client, onWarning, ...omitUndefined({ prefix, replicas, cache }) });
  const { close } = store;
  const opened = Object.assign(store, {
    async close() {
      await close.call(store);
      await own.close();
    },
  });
  if (why !== undefined) return opened;
  try {
    // The first call lets the check of the servers answer, the second one hears of it.
    for (let call = 1; call <= 2; call++) await store.marked("start", Date.now());
  } catch (error) {
    if (error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE") return opened;
    await opened.close();
    throw error;
  }
  return opened;
}

/** Why it is not connected after a while; it goes on trying. */
async function connected(own: OwnClient): Promise<string | undefined> {
  const attempt = own.connect().then(
    () => undefined,
    (error: unknown) => reasonOf(error),
  );
  const late = new AbortController();
  const limit = sleep(PATIENCE, "no answer", { signal: late.signal }).catch(() => "no answer");
  const why = await Promise.race([attempt, limit]);
  late.abort();
  return why;
}

const reasonOf = (error: unknown): string => (error instanceof Error && error.message !== "" ? error.message : "no answer");

function clientOf(setting: RedisSetting, password: () => string | undefined): OwnClient {
  const { form, servers, user, database, master = "" } = setting;
  const socket = { connectTimeout: PATIENCE, keepAlive: true, ...tlsOf(setting) };
  const credentials = async () => omitUndefined({ username: user, password: password() });
  const account = { credentialsProvider: { type: "async-credentials-provider", credentials } } as const;
  const commandOptions = { timeout: PATIENCE };
  // What goes wrong is told by the calls that it fails.
  const ignore = (): void => {};
  if (form === "cluster") {
    const rootNodes = servers.map((server) => ({ socket: server }));
    const client = createCluster({ rootNodes, defaults: { ...account, socket }, commandOptions });
    client.on("error", ignore);
    return { client, connect: () => client.connect(), close: () => client.destroy() };
  }
  if (form === "sentinel") {
    const client = createSentinel({
      name: master,
      sentinelRootNodes: [...servers],
      nodeClientOptions: { ...account, database, socket },
      sentinelClientOptions: { socket, ...sentinelAccount(setting) },
      commandOptions,
    });
    client.on("error", ignore);
    return { client, connect: () => client.connect(), close: () => client.destroy() };
  }
  const client = createClient({ ...account, database, socket: { ...servers[0], ...socket }, commandOptions });
  client.on("error", ignore);
  return { client, connect: () => client.connect(), close: () => client.destroy() };
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
