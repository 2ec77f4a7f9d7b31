import assert from "node:assert/strict";
import { test } from "node:test";
import { quietStore } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres, startStandby } from "../../test-support/stores/postgres-server.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";

/** Asks until the server answers so. */
async function comesTo(server: PostgresServer, wanted: unknown, text: string, values: readonly unknown[] = []): Promise<void> {
  for (;;) {
    const [row] = await server.sql(text, values);
    if (row?.[0] === wanted) return;
  }
}

async function set(server: PostgresServer, setting: string, value: string): Promise<void> {
  await server.sql(`ALTER SYSTEM SET ${setting} = '${value}'`);
  await server.sql("SELECT pg_reload_conf()");
  await comesTo(server, value, `SELECT current_setting('${setting}')`);
}

test("a failover loses writes that the standby has not confirmed, and no others", async () => {
  await using primary = await startPostgres();
  await using standby = await startStandby(primary);
  const store = quietStore({ pool: primary.pool() });
  const [kept, ended, rotated] = [sampleRow(), sampleRow({ owner: "o" }), sampleRow()];
  for (const row of [ended, rotated]) await store.put(row, "absent");
  await set(primary, "synchronous_standby_names", "*");
  await comesTo(primary, "sync", "SELECT sync_state FROM pg_stat_replication");
  assert.equal(await store.put(kept, "absent"), true);
  // Confirmed: it is there before it was answered.
  assert.deepEqual(await standby.sql("SELECT count(*)::int FROM coatcheck.sessions WHERE id = $1", [kept.id]), [[1]]);

  // The link is cut: no write is answered as done.
  await set(standby, "primary_conninfo", "");
  await comesTo(standby, 0, "SELECT count(*)::int FROM pg_stat_wal_receiver");
  const unknown = { code: "ERR_STORE_UNAVAILABLE" };
  const impatient = quietStore({ pool: primary.pool(), queryTimeout: 500 });
  await assert.rejects(async () => impatient.end({ id: kept.id }, "logout", START), unknown);
  await assert.rejects(async () => impatient.put(sampleRow(), "absent"), unknown);
  await assert.rejects(async () => impatient.mark("asked", START + HOUR, START), unknown);
  await impatient.close();

  // Without confirmation each is.
  await set(primary, "synchronous_standby_names", "");
  const fresh = sampleRow();
  assert.equal(await store.put(fresh, "absent"), true);
  assert.deepEqual(await store.end({ owner: "o" }, "logout", START), [ended.id]);
  assert.equal(await store.put({ ...rotated, version: 2, secretHash: "another" }, 1), true);
  assert.equal(await store.mark("used", START + HOUR, START), true);
  await store.close();
  await primary.stop();
  await standby.sql("SELECT pg_promote()");

  const later = quietStore({ pool: standby.pool() });
  assert.equal(await later.get(fresh.id), undefined);
  assert.deepEqual({ ...(await later.get(ended.id)) }, ended, "a session that was logged out lives again");
  assert.deepEqual({ ...(await later.get(rotated.id)) }, rotated);
  assert.equal(await later.marked("used", START), undefined);
  // And what was confirmed is not lost, nor is what was never answered as done.
  assert.deepEqual({ ...(await later.get(kept.id)) }, kept);
  assert.equal(await later.put({ ...rotated, version: 3 }, 1), true);
  await later.close();
});
