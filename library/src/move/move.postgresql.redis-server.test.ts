/** Moves between real servers, while users change their sessions by two replicas. */
import { after, before, test } from "node:test";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { type Handles, handlesOn, inMemory, playMove } from "../../test-support/move/played-move.ts";
import { freshSchema, quietStore } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { handlesOf, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import { freshPaths } from "../../test-support/stores/sqlite-paths.ts";
import { sqlite } from "../stores/sqlite.ts";

const freshPath = freshPaths();

let database: PostgresServer;
let cache: RedisServer;
const open = new AsyncDisposableStack();
before(async () => {
  database = open.use(await startPostgres());
  cache = open.use(await startRedis());
});
after(() => open.disposeAsync());

const inFile = (): Handles => {
  const path = freshPath();
  return () => sqlite(path);
};
const inDatabase = (): Handles => {
  const schema = freshSchema();
  return () => quietStore({ pool: database.pool({ max: 4 }), schema });
};
const inCache = async (): Promise<Handles> => {
  const made = await handlesOf(nodeRedis(() => ({ host: "127.0.0.1", port: cache.port })));
  open.defer(async () => made.dispose?.());
  return handlesOn(made);
};

const WAYS: readonly (readonly [name: string, from: () => Handles | Promise<Handles>, to: () => Handles | Promise<Handles>])[] = [
  ["from memory to PostgreSQL", inMemory, inDatabase],
  ["from PostgreSQL to Redis", inDatabase, inCache],
  ["from Redis to SQLite", inCache, inFile],
  ["from SQLite to Redis", inFile, inCache],
  ["from Redis to PostgreSQL", inCache, inDatabase],
];

for (const [name, from, to] of WAYS) {
  test(`SE-12 S-42 ${name}, stopped and gone on with, no session, change or ending is lost`, async () => {
    await playMove(await from(), await to());
  });
}
