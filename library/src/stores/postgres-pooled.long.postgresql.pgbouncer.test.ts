import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgresJs from "postgres";
import { type PgBouncer, startPgBouncer } from "../../test-support/stores/pgbouncer.ts";
import { freshSchema, onSchema } from "../../test-support/stores/postgres-schemas.ts";
import { connectionTo, type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
import type { PostgresPool } from "./postgres.ts";
import { postgres } from "./postgres.ts";

const open = new AsyncDisposableStack();
let server: PostgresServer;
const SERIALIZABLE = "SET default_transaction_isolation = serializable";
/** Older ones than 1.21 keep no statements, whatever they are told. */
const POOLINGS = [
  ["postgres through PgBouncer", {}],
  ["postgres through PgBouncer that keeps statements", { statements: 200 }],
  ["postgres through PgBouncer with one connection", { statements: 200, connections: 1 }],
  ["postgres through PgBouncer where transactions are serializable", { statements: 200, begins: SERIALIZABLE }],
] as const;
const bouncers: PgBouncer[] = [];
const bouncer = (at: number): PgBouncer => bouncers[at] ?? assert.fail("it was not started");
before(async () => {
  server = open.use(await startPostgres());
  for (const [, pooling] of POOLINGS) bouncers.push(open.use(await startPgBouncer(server, pooling)));
});
after(() => open.disposeAsync());

for (const [at, [name]] of POOLINGS.entries()) {
  storeSuite(name, { make: () => onSchema(server, { pool: () => bouncer(at).pool() }), rows: 50 });

  test(`${name}: one that keeps no statements is noticed once; nothing fails or is written twice`, async () => {
    const told: string[] = [];
    const pool = bouncer(at).pool();
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
    const noticed = told.filter((message) => /does not keep prepared statements/.test(message)).length;
    assert.equal(noticed, bouncer(at).keepsStatements ? 0 : 1);
    const { rows: isolation } = await pool.query({ text: "SHOW default_transaction_isolation", rowMode: "array" });
    assert.deepEqual(isolation, [[at === 3 ? "serializable" : "read committed"]]);
    await store.close();
    await pool.end();
  });
}

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
