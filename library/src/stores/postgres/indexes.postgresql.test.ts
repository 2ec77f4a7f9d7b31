import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../../../test-support/event-loop.ts";
import { freshSchema, quietStore } from "../../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../../test-support/stores/postgres-server.ts";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import { type PostgresPool, postgres, postgresSchema } from "../postgres.ts";
import { INDEXES, lackingIndexes, usableIndexes } from "./indexes.ts";

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

async function madeSchema(): Promise<string> {
  const schema = freshSchema();
  await server.sql(postgresSchema(schema));
  return schema;
}

const definitions = (schema: string) =>
  server.sql("SELECT indexdef FROM pg_indexes WHERE schemaname = $1 ORDER BY indexname", [schema]);

const lacking = async (schema: string): Promise<readonly string[]> =>
  lackingIndexes((await server.sql(usableIndexes(schema)))[0]?.[0]).map(({ name }) => name);

/** Asks until none is lacking. */
async function complete(schema: string): Promise<void> {
  while ((await lacking(schema)).length > 0);
}

test("S-39 replicas that start together make the indexes that are missing, as the first step has made them", async () => {
  const schema = await madeSchema();
  const before = await definitions(schema);
  assert.equal(before.length, INDEXES.length + 3, "and the primary keys of three tables");
  for (const { name } of INDEXES) await server.sql(`DROP INDEX ${schema}.${name}`);
  assert.equal((await lacking(schema)).length, INDEXES.length);
  const stores = [true, true, false].map((listens) =>
    quietStore({ pool: server.pool({ max: 2 }), schema, ...(listens ? { listen: () => server.client() } : {}) }),
  );
  const row = sampleRow();
  assert.equal((await Promise.all(stores.map((store) => store.put(row, "absent")))).filter(Boolean).length, 1);
  await complete(schema);
  assert.deepEqual(await definitions(schema), before);
  await Promise.all(stores.map((store) => store.close()));
});

test("an index that another process makes is left alone; if that is killed, it is made again meanwhile", async () => {
  const schema = await madeSchema();
  const before = await definitions(schema);
  await server.sql(`DROP INDEX ${schema}.sessions_owner`);
  // Nobody's index is ready before this transaction ends.
  const holder = server.client();
  await holder.connect();
  await holder.query(`BEGIN; DELETE FROM ${schema}.sessions`);
  const other = server.client();
  other.on("error", () => undefined);
  await other.connect();
  const made = assert.rejects(
    other.query(`CREATE INDEX CONCURRENTLY sessions_owner ON ${schema}.sessions (owner, created DESC) WHERE owner IS NOT NULL`),
  );
  const oid = async () => (await server.sql(`SELECT to_regclass('${schema}.sessions_owner')::oid`))[0]?.[0];
  while ((await oid()) === null);
  const half = await oid();

  let tries = 0;
  const pool = server.pool();
  const counted: PostgresPool = {
    query(query) {
      if (query.text.includes("NOWAIT")) tries += 1;
      return pool.query({ ...query });
    },
  };
  const store = quietStore({ pool: counted, schema });
  const row = sampleRow({ owner: "o" });
  assert.equal(await store.put(row, "absent"), true, "the store is in use without it");
  await until(() => tries === 2);
  assert.equal(await oid(), half);
  assert.deepEqual(await lacking(schema), ["sessions_owner"]);

  await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index");
  await made;
  await holder.query("ROLLBACK");
  await holder.end();
  await complete(schema);
  assert.notEqual(await oid(), half);
  assert.deepEqual(await definitions(schema), before);
  assert.equal((await store.list({ owner: "o" }, 2, row.created)).length, 1);
  await store.close();
});

test("a role that may make no index is told which statements do, once, and the store goes on", async () => {
  const schema = await madeSchema();
  await server.sql(`DROP INDEX ${schema}.sessions_sid; DROP INDEX ${schema}.sessions_renew; CREATE ROLE ${schema} LOGIN;
    GRANT USAGE ON SCHEMA ${schema} TO ${schema};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${schema}`);
  const told: string[] = [];
  const onWarning = (message: string): void => void (message.includes("index") && told.push(message));
  const stores = [true, false].map((migrate) => postgres({ pool: server.pool({ user: schema }), schema, migrate, onWarning }));
  for (const store of stores) assert.equal(await store.get("x"), undefined);
  await until(() => told.length === 2);
  for (const [message, why] of [
    [told.find((one) => !one.includes("migrate is false")), "must be owner of table sessions"],
    [told.find((one) => one.includes("migrate is false")), "migrate is false"],
  ]) {
    assert.equal(
      message,
      `The index sessions_sid of the session store is missing or half made, so that look-ups by it read the whole table. It was not made: ${why}. As the owner of the tables, outside of a transaction, run: DROP INDEX CONCURRENTLY IF EXISTS "${schema}".sessions_sid; CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_sid ON "${schema}".sessions (issuer, sid) WHERE sid IS NOT NULL;`,
    );
  }
  await Promise.all(stores.map((store) => store.close()));
});
