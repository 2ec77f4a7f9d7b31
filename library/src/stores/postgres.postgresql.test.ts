import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { onSchema } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";
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

test("SE-16 what is too long for an index is refused for good, and is no outage", async () => {
  const { store, dispose } = await onSchema(server);
  const long = randomBytes(10_000).toString("base64url");
  const refused = { code: "ERR_STORE_INVALID", message: /index row requires \d+ bytes/ };
  for (const columns of [{ owner: long }, { issuer: long, sid: "s" }, { issuer: "i", sid: long }]) {
    await assert.rejects(async () => store.put(sampleRow(columns), "absent"), refused);
  }
  await assert.rejects(async () => store.mark(long, 2, 1), refused);
  await store.close();
  await dispose?.();
});
