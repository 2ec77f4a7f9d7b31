import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgresJs from "postgres";
import { startPgBouncer } from "../../test-support/stores/pgbouncer.ts";
import { freshSchema, onSchema } from "../../test-support/stores/postgres-schemas.ts";
import { connectionTo, type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
import type { PostgresPool } from "./postgres.ts";
import { postgres } from "./postgres.ts";

const open = new AsyncDisposableStack();
let server: PostgresServer;
let bouncer: Awaited<ReturnType<typeof startPgBouncer>>;
before(async () => {
  server = open.use(await startPostgres());
  bouncer = open.use(await startPgBouncer(server));
});
after(() => open.disposeAsync());

storeSuite("postgres through PgBouncer", { make: () => onSchema(server, { pool: () => bouncer.pool() }), rows: 50 });

test("a pooler that keeps no prepared statements is noticed once, and nothing fails or is written twice", async () => {
  const told: string[] = [];
  const pool = bouncer.pool();
  const store = postgres({ pool, schema: freshSchema(), onWarning: (message) => told.push(message) });
  const rows = Array.from({ length: 40 }, () => sampleRow({ owner: "o" }));
  assert.deepEqual(
    await Promise.all(rows.map((row) => store.put(row, "absent"))),
    rows.map(() => true),
  );
  const again = await Promise.all(rows.map((row) => store.put({ ...row, version: 2 }, 1)));
  assert.deepEqual(
    again,
    rows.map(() => true),
  );
  assert.equal((await store.end({ owner: "o" }, "logout", START)).length, 40);
  assert.deepEqual(told.filter((message) => /does not keep prepared statements/.test(message)).length, 1);
  await store.close();
  await pool.end();
});

/** As docs/stores.md has it. */
function aroundPostgresJs() {
  const { host, database, user } = connectionTo(server.folder);
  const sql = postgresJs({ host: String(host), database: String(database), username: String(user), max: 4 });
  const pool: PostgresPool = {
    async query({ text, values, name }) {
      if (values === undefined) return { rows: await sql.unsafe(text).simple().values(), rowCount: null };
      const rows = await sql.unsafe(text, values, { prepare: name !== undefined }).values();
      return { rows, rowCount: rows.count };
    },
  };
  return { ...pool, end: () => sql.end() };
}

storeSuite("postgres by postgres.js", { make: () => onSchema(server, { pool: aroundPostgresJs }), rows: 50 });
