/** Moves between real servers, while users change their sessions by two replicas. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { act, MovedUsers } from "../../test-support/stores/moved-users.ts";
import { freshSchema, quietStore } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { handlesOf, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import { freshPaths } from "../../test-support/stores/sqlite-paths.ts";
import type { SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { sqlite } from "../stores/sqlite.ts";
import { overStore } from "../testing/over-store.ts";
import { Dice, START } from "../testing/store-suite/rows.ts";
import { moveSessions } from "./mover.ts";
import { moving } from "./moving-store.ts";

const clock = { now: () => START };
const freshPath = freshPaths();

let database: PostgresServer;
let cache: RedisServer;
const open = new AsyncDisposableStack();
before(async () => {
  database = open.use(await startPostgres());
  cache = open.use(await startRedis());
});
after(() => open.disposeAsync());

type Scan = NonNullable<SessionStore["scan"]>;

/** How one more handle on the same storage is had. */
type Handles = () => SessionStore | Promise<SessionStore>;

const inMemory = (): Handles => {
  const store = memory();
  // Several replicas close it.
  const scan: Scan = (position, limit) => store.scan?.(position, limit) ?? { rows: [], markers: [], next: null };
  return () => overStore(store, { close: () => undefined, scan });
};
const inFile = (): Handles => {
  const path = freshPath();
  return () => sqlite(path);
};
const inDatabase = (): Handles => {
  const schema = freshSchema();
  return () => quietStore({ pool: database.pool({ max: 4 }), schema });
};
const inCache = async (): Promise<Handles> => {
  const { store, another, dispose } = await handlesOf(nodeRedis(() => ({ host: "127.0.0.1", port: cache.port })));
  open.defer(async () => dispose?.());
  let first: SessionStore | undefined = store;
  return async () => {
    const handle = first ?? (await another?.());
    first = undefined;
    assert.ok(handle);
    return handle;
  };
};

const WAYS: readonly (readonly [name: string, from: () => Handles | Promise<Handles>, to: () => Handles | Promise<Handles>])[] = [
  ["from memory to PostgreSQL", inMemory, inDatabase],
  ["from PostgreSQL to Redis", inDatabase, inCache],
  ["from Redis to SQLite", inCache, inFile],
  ["from SQLite to Redis", inFile, inCache],
  ["from Redis to PostgreSQL", inCache, inDatabase],
];

for (const [name, makeFrom, makeTo] of WAYS) {
  test(`SE-12 S-42 ${name}, stopped and gone on with, no session, change or ending is lost`, async () => {
    const [from, to] = [await makeFrom(), await makeTo()];
    const users = new MovedUsers(new Dice(Math.floor(Math.random() * 2 ** 32)));
    const handles: SessionStore[] = [];
    const had = async (store: SessionStore | Promise<SessionStore>): Promise<SessionStore> => {
      handles.push(await store);
      return store;
    };
    const replica = async (): Promise<SessionStore> => had(moving({ from: await from(), to: await to(), clock }));
    const [a, b] = [await replica(), await replica()];
    await act(users, [await had(from()), a], 20);
    const options = { from: await had(from()), to: await had(to()), clock, page: 5 };
    const stop = new AbortController();
    const stopped = moveSessions({ ...options, signal: stop.signal, onProgress: () => stop.abort() });
    await act(users, [a, b], 10);
    assert.equal((await stopped).outcome, "stopped");
    const [{ outcome, moved, proof }] = await Promise.all([moveSessions(options), act(users, [a, b], 60)]);
    assert.deepEqual([outcome, proof.differences], ["done", []]);
    assert.ok(moved > 0 && proof.sessions.browser + proof.ended > 0 && proof.digests.from === proof.digests.to);
    await act(users, [a, b, await had(to())], 20);
    await users.judge(await had(to()));
    for (const handle of handles) await handle.close();
  });
}
