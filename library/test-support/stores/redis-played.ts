/** A Redis server of a test's own, with two handles on it. */
import assert from "node:assert/strict";
import type { RedisServer } from "../../../tools/suite/redis-server.ts";
import { startRedis } from "../../../tools/suite/redis-server.ts";
import type { SessionStore } from "../../src/contracts.ts";
import { tell } from "./redis-groups.ts";
import type { Connect } from "./redis-handles.ts";
import { handlesOf, nodeRedis } from "./redis-handles.ts";

export interface Played {
  readonly server: RedisServer;
  readonly store: SessionStore;
  readonly another: SessionStore;
  /** Runs one command on the server. */
  ask(...command: readonly [string, ...(string | number)[]]): Promise<unknown>;
}

/** A server of its own, with two handles on it. */
export async function played(run: (played: Played) => Promise<void>, client: (address: () => Address) => Connect = nodeRedis) {
  await using server = await startRedis();
  const { store, another, dispose } = await handlesOf(client(() => ({ host: "127.0.0.1", port: server.port })));
  const other = await another?.();
  assert.ok(other);
  const ask: Played["ask"] = async (...command) => (await tell(server.port, command))[0];
  try {
    await run({ server, store, another: other, ask });
  } finally {
    await store.close();
    await other.close();
    await dispose?.();
  }
}

type Address = { readonly host: string; readonly port: number };

/** The names of keys that match. */
export async function keys(ask: Played["ask"], pattern: string): Promise<readonly string[]> {
  const found = await ask("KEYS", pattern);
  return Array.isArray(found) ? found.map(String) : [];
}
