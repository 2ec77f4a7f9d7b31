import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../../test-support/event-loop.ts";
import { freshSchema } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { SweepingReplica } from "../../test-support/stores/sweeping-replica.ts";
import { HOUR, START } from "../testing/store-suite/rows.ts";
import { postgresSchema } from "./postgres.ts";

const [DEAD, LIVE] = [600, 100];
const MINUTE = HOUR / 60;

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

/** Rows that expired long ago, and some that did not. */
async function filled(): Promise<string> {
  const schema = freshSchema();
  await server.sql(postgresSchema(schema));
  await server.sql(`INSERT INTO ${schema}.sessions (id, secret_hash, previous_until, version, kind, created, seen, expires, body)
    SELECT 'id' || n, 'hash', 0, 1, 'browser', 0, ${START}, CASE WHEN n <= ${DEAD} THEN ${START} - n ELSE ${START + HOUR} END, '{}'
    FROM generate_series(1, ${DEAD + LIVE}) AS n`);
  return schema;
}

test("SE-17 S-50 of three replicas one sweeps; if it is killed amid a batch another takes over in time", async () => {
  const schema = await filled();
  const rows = () => server.sql(`SELECT count(*) FILTER (WHERE expires < ${START})::int, count(*)::int FROM ${schema}.sessions`);
  await using open = new AsyncDisposableStack();
  const replicas = Array.from({ length: 3 }, () => open.use(new SweepingReplica(server.folder, schema)));
  const holder = server.client();
  await holder.connect();
  await holder.query(`BEGIN; LOCK TABLE ${schema}.sessions IN EXCLUSIVE MODE`);

  const answers = new Map<SweepingReplica, boolean>();
  for (const replica of replicas) void replica.sweep(START).then((complete) => answers.set(replica, complete));
  await until(() => answers.size === 2);
  assert.deepEqual([...answers.values()], [false, false]);
  const atWork = `SELECT count(*)::int FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%DELETE FROM%${schema}%'`;
  const comesTo = async (count: number): Promise<void> => {
    while ((await server.sql(atWork, []))[0]?.[0] !== count);
  };
  await comesTo(1);

  const runner = replicas.find((replica) => !answers.has(replica));
  await runner?.kill();
  await holder.query("ROLLBACK");
  await holder.end();
  // What it had sent is carried out, whoever waits for it.
  await comesTo(0);
  const others = [...answers.keys()];
  const sweep = (now: number) => Promise.all(others.map((replica) => replica.sweep(now)));
  assert.deepEqual(await sweep(START + 10 * MINUTE), [false, false], "it may be sweeping still");
  assert.ok((await sweep(START + 12 * MINUTE)).includes(true));
  assert.deepEqual(await rows(), [[0, LIVE]]);
});
