/** PostgreSQL with a standby that confirms each write. */
import { renameSync, symlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import {
  type PostgresProcess,
  startPostgresProcess,
  startStandbyProcess,
  TEST_USER,
} from "../../../tools/suite/postgres-server.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import type { RunStore } from "./run-store.ts";

/** No write is answered as done that the standby does not have. */
const CONFIRMED = { synchronous_standby_names: "ANY 1 (*)", synchronous_commit: "on", wal_retrieve_retry_interval: "200ms" };

/** Two servers; replicas find the one that takes writes by a link, as by a name that leads to it. */
export async function postgresStore(): Promise<RunStore> {
  const folder = temporaryFolder("replicas-postgres");
  const name = folder.file("primary");
  let primary = await startPostgresProcess(CONFIRMED);
  let standby = await startStandbyProcess(primary);
  const lead = (server: PostgresProcess): void => {
    // A rename takes the place of the old link in one step.
    symlinkSync(server.folder, `${name}.next`);
    renameSync(`${name}.next`, name);
  };
  lead(primary);
  await confirms(primary);
  return {
    address: `postgres://${TEST_USER.user}@localhost/${TEST_USER.database}?host=${encodeURIComponent(name)}&connections=4`,
    async restart() {
      await primary.stop();
      await primary.start();
      await confirms(primary);
      return "PostgreSQL, stopped and started";
    },
    async failover() {
      const failed = primary;
      await failed.stop("SIGQUIT");
      await ask(standby, "SELECT pg_promote()");
      lead(standby);
      primary = standby;
      standby = await startStandbyProcess(primary);
      await failed[Symbol.asyncDispose]();
      await confirms(primary);
      return "PostgreSQL, killed, its standby promoted";
    },
    async [Symbol.asyncDispose]() {
      await standby[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

async function ask(server: PostgresProcess, text: string): Promise<unknown> {
  const client = new pg.Client({ host: server.folder, ...TEST_USER });
  await client.connect();
  try {
    const { rows } = await client.query({ text, rowMode: "array" });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

/** Waits until its standby is there and confirms. */
async function confirms(primary: PostgresProcess): Promise<void> {
  const asked = "SELECT count(*)::int FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')";
  for (;;) {
    const count = await ask(primary, asked).catch(() => 0);
    if (count === 1) return;
    await sleep(50);
  }
}
