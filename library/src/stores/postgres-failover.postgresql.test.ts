import assert from "node:assert/strict";
import { test } from "node:test";
import { tokensAround } from "../../test-support/stores/failover/tokens-around.ts";
import { quietStore } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres, startStandby } from "../../test-support/stores/postgres-server.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";

/** As docs/stores.md has it. */
const CONFIRMED = { synchronous_standby_names: "ANY 1 (*)", synchronous_commit: "on" } as const;

/** A pool whose writes wait for the server's own disk alone, as all of them do where no standby is named. */
const unconfirmed = (server: PostgresServer) => server.pool({ options: "-c synchronous_commit=local" });

/** Asks until the server answers so. */
async function comesTo(server: PostgresServer, wanted: unknown, text: string): Promise<void> {
  for (;;) {
    const [row] = await server.sql(text);
    if (row?.[0] === wanted) return;
  }
}

test("a failover loses writes that the standby has not confirmed, and no others", async () => {
  await using primary = await startPostgres(CONFIRMED);
  await using standby = await startStandby(primary);
  const store = quietStore({ pool: unconfirmed(primary) });
  const confirming = quietStore({ pool: primary.pool() });
  const [kept, ended, rotated] = [sampleRow(), sampleRow({ owner: "o" }), sampleRow()];
  for (const row of [ended, rotated]) await store.put(row, "absent");
  await comesTo(primary, "quorum", "SELECT sync_state FROM pg_stat_replication");
  const tokens = await tokensAround.prepare(confirming, { hasRow: () => true });

  // Confirmed is what the standby has written down, whether or not it can be read there already.
  await standby.sql("SELECT pg_wal_replay_pause()");
  await comesTo(standby, "paused", "SELECT pg_get_wal_replay_pause_state()");
  assert.equal(await confirming.put(kept, "absent"), true);
  assert.deepEqual(await standby.sql("SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()"), [[true]]);
  await standby.sql("SELECT pg_wal_replay_resume()");

  // The link is cut: no write is answered as done.
  await standby.sql("ALTER SYSTEM SET primary_conninfo = ''");
  await standby.sql("SELECT pg_reload_conf()");
  await comesTo(standby, "", "SELECT current_setting('primary_conninfo')");
  await comesTo(standby, 0, "SELECT count(*)::int FROM pg_stat_wal_receiver");
  const unknown = { code: "ERR_STORE_UNAVAILABLE" };
  const impatient = quietStore({ pool: primary.pool(), queryTimeout: 500 });
  await Promise.all([
    assert.rejects(async () => impatient.end({ id: kept.id }, "logout", START), unknown),
    assert.rejects(async () => impatient.put(sampleRow(), "absent"), unknown),
    assert.rejects(async () => impatient.mark("asked", START + HOUR, START), unknown),
  ]);
  await Promise.all([confirming.close(), impatient.close()]);
  // They wait on, and hold their locks.
  await primary.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");

  // Without confirmation each is.
  const fresh = sampleRow();
  assert.equal(await store.put(fresh, "absent"), true);
  assert.deepEqual(await store.end({ owner: "o" }, "logout", START), [ended.id]);
  assert.equal(await store.put({ ...rotated, version: 2, secretHash: "another" }, 1), true);
  assert.equal(await store.mark("used", START + HOUR, START), true);
  assert.deepEqual(await tokensAround.write(store, tokens), { family: true, personal: true, exchange: true, revocation: true });
  await store.close();
  await primary.stop();
  assert.deepEqual(await standby.sql("SELECT pg_promote()"), [[true]]);

  const later = quietStore({ pool: unconfirmed(standby) });
  assert.equal(await later.get(fresh.id), undefined);
  assert.deepEqual({ ...(await later.get(ended.id)) }, ended, "a session that was logged out lives again");
  assert.deepEqual({ ...(await later.get(rotated.id)) }, rotated);
  assert.equal(await later.marked("used", START), undefined);
  const lost = { family: 401, personal: 401, newest: 401, before: 200, revoked: 200 };
  assert.deepEqual(await tokensAround.look(later, tokens), lost);
  // And what was confirmed is not lost, nor is what was never answered as done.
  assert.deepEqual({ ...(await later.get(kept.id)) }, kept);
  assert.equal(await later.put({ ...rotated, version: 3 }, 1), true);
  await later.close();
});
