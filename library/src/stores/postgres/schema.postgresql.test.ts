import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { freshSchema, quietStore } from "../../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../../test-support/stores/postgres-server.ts";
import { COLUMN_NAMES, columnOf, ROW_COLUMNS } from "../../core/row-columns.ts";
import { HOUR, START, sampleRow } from "../../testing/store-suite/rows.ts";
import { postgres, postgresSchema } from "../postgres.ts";
import type { PostgresPool } from "./client.ts";
import { postgresOptions } from "./options.ts";
import { migrationOf, prepare, STEPS } from "./schema.ts";

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

/** What a release of other steps does at its start. */
const prepared = (schema: string, steps = STEPS) => {
  const pool: PostgresPool = server.pool({ max: 1 });
  return prepare((query) => pool.query(query), postgresOptions({ pool, schema }), steps);
};

/** A release after this one, that adds a column. */
const LATER = (schema: string): string => `ALTER TABLE "${schema}".sessions ADD colour text NOT NULL DEFAULT 'grey';`;

test("the steps make the declared columns, of their types; released steps are never generated", async () => {
  const schema = freshSchema();
  await server.sql(postgresSchema(schema));
  const made = await server.sql(
    "SELECT column_name::text, data_type::text, is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = $1 AND table_name = 'sessions'",
    [schema],
  );
  const declared = COLUMN_NAMES.map((name) => {
    const { type, nullable } = ROW_COLUMNS[name];
    return [columnOf(name), type === "integer" ? "bigint" : "text", nullable];
  });
  assert.deepEqual(new Map(made.map((row) => [row[0], row])), new Map(declared.map((row) => [row[0], row])));
});

test("S-39 replicas that start together make the tables once", async () => {
  const schema = freshSchema();
  const stores = Array.from({ length: 8 }, () => quietStore({ pool: server.pool({ max: 1 }), schema }));
  const row = sampleRow();
  const put = await Promise.all(stores.map((store) => store.put(row, "absent")));
  assert.equal(put.filter(Boolean).length, 1);
  await Promise.all(stores.map((store) => store.close()));
});

test("the printed SQL may be run again, and then a role that may create nothing works", async () => {
  const schema = freshSchema();
  await server.sql(`CREATE ROLE ${schema} LOGIN; GRANT CONNECT ON DATABASE postgres TO ${schema}`);
  const pool = server.pool({ user: schema });
  const before = quietStore({ pool, schema, migrate: false });
  await assert.rejects(async () => before.get("x"), {
    code: "ERR_STORE_INVALID",
    message: /is not up to date, and migrate is false.* npx coatcheck-gateway migrate --print/,
  });
  const wants = quietStore({ pool, schema });
  await assert.rejects(async () => wants.get("x"), { code: "ERR_STORE_INVALID", message: /permission denied.*42501/ });
  await server.sql(postgresSchema(schema));
  await server.sql(postgresSchema(schema));
  await server.sql(`GRANT USAGE ON SCHEMA ${schema} TO ${schema};
    GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${schema};
    GRANT INSERT, UPDATE, DELETE ON ${schema}.sessions, ${schema}.marks TO ${schema}`);
  const row = sampleRow({ owner: "o" });
  // The same store goes on once the tables are there; one that would migrate has nothing to do.
  for (const store of [before, wants]) {
    await store.put(row, "absent");
    assert.deepEqual({ ...(await store.get(row.id)) }, row);
    assert.equal(await store.mark("k", START + 1, START), store === before);
    assert.equal(await store.sweep(10, START), 0);
    await store.close();
  }
});

test("two versions of the tables side by side: the release before goes on when a column is added", async () => {
  const schema = freshSchema();
  const old = quietStore({ pool: server.pool(), schema });
  const [row, other] = [sampleRow({ owner: "o" }), sampleRow()];
  await old.put(row, "absent");
  await old.get(row.id);
  const steps = [...STEPS, { oldest: 1, sql: LATER }];
  await prepared(schema, steps);
  await prepared(schema, steps);
  assert.deepEqual(await server.sql(`SELECT version, oldest FROM ${schema}.meta`), [[2, 1]]);
  assert.deepEqual({ ...(await old.get(row.id)) }, row);
  assert.equal(await old.put({ ...row, version: 2, body: "{}" }, 1), true);
  assert.deepEqual(await old.end({ owner: "o" }, "logout", START), [row.id]);
  // One that starts now, of the release before.
  const again = quietStore({ pool: server.pool(), schema });
  assert.equal(await again.put(other, "absent"), true);
  // What a release writes that this one cannot read is there, and an error.
  await server.sql(`UPDATE ${schema}.sessions SET kind = 'device', owner = 'p' WHERE id = $1`, [other.id]);
  const unreadable = { code: "ERR_RECORD_FORMAT", status: 503 };
  await assert.rejects(async () => again.get(other.id), unreadable);
  await assert.rejects(async () => again.list({ owner: "p" }, 1, START), unreadable);
  assert.equal(await again.put(other, "absent"), false);
  assert.equal((await old.list({ renewBefore: START }, 1, START)).length, 0);
  assert.equal(await again.sweep(10, START + 100 * HOUR), 2);
  await Promise.all([old.close(), again.close()]);
});

test("tables that a newer release changed for good are refused, and left alone", async () => {
  const schema = freshSchema();
  const pool = server.pool();
  await server.sql(migrationOf(schema, [...STEPS, { oldest: 2, sql: LATER }]));
  const store = quietStore({ pool, schema });
  const message = `The schema ${schema} of the session store is of version 2, written by a newer release; this one reads up to 1.`;
  await assert.rejects(async () => store.get("x"), { code: "ERR_STORE_INVALID", message });
  assert.deepEqual(await server.sql(`SELECT version, oldest FROM ${schema}.meta`), [[2, 2]]);
  // And what another application keeps under these names.
  const foreign = freshSchema();
  await server.sql(`CREATE SCHEMA ${foreign}; CREATE TABLE ${foreign}.sessions (sid text)`);
  const lost = quietStore({ pool, schema: foreign });
  await assert.rejects(async () => lost.get("x"), { code: "ERR_STORE_INVALID", message: /"sessions" already exists \(42P07\)/ });
  assert.deepEqual(await server.sql(`SELECT to_regclass('${foreign}.meta')::text`), [[null]]);
  await Promise.all([store.close(), lost.close()]);
});

test("a step that fails is undone with all of its migration, and the connection is good again", async () => {
  const schema = freshSchema();
  await assert.rejects(
    prepared(schema, [...STEPS, { oldest: 1, sql: () => "SELECT 1 / 0;" }]),
    /query has no destination|division/,
  );
  assert.deepEqual(await server.sql(`SELECT to_regnamespace('${schema}')::text`), [[null]]);
  const pool = server.pool({ max: 1 });
  const store = quietStore({ pool, schema });
  assert.equal(await store.get("x"), undefined);
  await store.close();
});

test("SE-16 a setting by which a crash undoes logouts is told once at the start", async () => {
  const told: string[] = [];
  const store = postgres({ pool: server.pool(), schema: freshSchema(), onWarning: (message) => told.push(message) });
  await Promise.all([store.get("a"), store.get("b")]);
  await store.get("c");
  const [, ...others] = told;
  assert.match(told[0] ?? "", /^PostgreSQL has fsync = off: a crash undoes its last writes/);
  assert.deepEqual(others, []);
  await store.close();
});

test("a database that is not in UTF8, and a server older than 14, are refused", async () => {
  await server.sql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
  const store = quietStore({ pool: server.pool({ database: "latin" }), schema: freshSchema() });
  await assert.rejects(async () => store.get("x"), { code: "ERR_STORE_INVALID", message: /in UTF8; this one is in LATIN1/ });
  await store.close();
  const older = { query: async () => ({ rows: [["130012", "UTF8", "on", "on"]], rowCount: 1 }) };
  const old = quietStore({ pool: older });
  await assert.rejects(async () => old.get("x"), {
    code: "ERR_STORE_INVALID",
    message: /14 or later; this server's version is 13/,
  });
  await old.close();
});

test("schemas that cannot stand in a statement are refused", () => {
  const bad = ["", "a b", "Coat", "pg_x", 'a"b', "a".repeat(41), "1a", "ä"];
  for (const schema of bad) assert.throws(() => postgresSchema(schema), TypeError, schema);
  for (const schema of ["a", "user", "_a1"]) assert.match(postgresSchema(schema), /^DO \$coatcheck\$/);
});
