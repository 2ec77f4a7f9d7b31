import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { freshSchema, onSchema } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
import { postgresOptions } from "./postgres/options.ts";
import { prepare, STEPS } from "./postgres/schema.ts";
import { lockOf } from "./postgres/statements.ts";
import type { PostgresPool } from "./postgres.ts";

let server: PostgresServer;
before(async () => {
  server = await startPostgres({ default_transaction_isolation: "serializable" });
});
after(() => server[Symbol.asyncDispose]());

storeSuite("postgres where transactions are serializable", { make: () => onSchema(server), rows: 20 });

test("replicas that start together take each step once, though their snapshots are older", async () => {
  const schema = freshSchema();
  const step = { oldest: 1, sql: () => `ALTER TABLE "${schema}".sessions ADD colour text NOT NULL DEFAULT 'grey';` };
  const holder = server.client();
  await holder.connect();
  for (const steps of [STEPS, [...STEPS, step]]) {
    await holder.query(`SELECT pg_advisory_lock(${lockOf(schema, "migrate")})`);
    const starts = Array.from({ length: 4 }, () => {
      const pool: PostgresPool = server.pool({ max: 1 });
      return prepare((query) => pool.query(query), postgresOptions({ pool, schema, onWarning: () => undefined }), steps);
    });
    for (let waiting = 0; waiting < starts.length; ) {
      const [row] = await server.sql("SELECT count(*)::int FROM pg_stat_activity WHERE wait_event = 'advisory'");
      waiting = Number(row?.[0]);
    }
    await holder.query("SELECT pg_advisory_unlock_all()");
    await Promise.all(starts);
  }
  await holder.end();
  assert.deepEqual(await server.sql(`SELECT version FROM ${schema}.meta`), [[2]]);
});
