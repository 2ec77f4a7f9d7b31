/** The store on the oldest PostgreSQL that it takes, and on the newest. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { onSchema } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";

for (const version of [14, 18] as const) {
  describe(`PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres({}, `postgresql-${version}`);
    });
    after(() => server[Symbol.asyncDispose]());

    test("is what its name says", async () => {
      const [row] = await server.sql("SELECT current_setting('server_version_num')::int / 10000");
      assert.deepEqual(row, [version]);
    });
    storeSuite(`postgres ${version}`, { make: () => onSchema(server) });
    storeSuite(`postgres ${version} with pools of one connection`, {
      make: () => onSchema(server, { pool: () => server.pool({ max: 1 }) }),
      rows: 20,
    });
    const serializable = () => server.pool({ options: "-c default_transaction_isolation=serializable" });
    storeSuite(`postgres ${version} where transactions are serializable`, {
      make: () => onSchema(server, { pool: serializable }),
      rows: 20,
    });
  });
}
