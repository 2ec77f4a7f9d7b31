import { after, before } from "node:test";
import { onSchema } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

storeSuite("postgres", { make: () => onSchema(server) });
storeSuite("postgres with pools of one connection", {
  make: () => onSchema(server, { pool: () => server.pool({ max: 1 }) }),
  rows: 20,
});
