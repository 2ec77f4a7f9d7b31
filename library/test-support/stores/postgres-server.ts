/** A PostgreSQL of a test's own, and pools of `pg` on it. */
import pg from "pg";
import {
  type PostgresName,
  type PostgresProcess,
  startPostgresProcess,
  startStandbyProcess,
  TEST_USER,
} from "../../../tools/suite/postgres-server.ts";

/** A running server. */
export interface PostgresServer extends PostgresProcess {
  /** Pools are closed with the server, if the test has not. */
  pool(options?: pg.PoolConfig): pg.Pool;
  client(): pg.Client;
  /** Runs a statement past the store; answers its rows. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
}

/** How `pg` connects to the socket in a folder. */
export const connectionTo = (host: string): pg.ClientConfig => ({ host, ...TEST_USER });

/** Starts a server, with settings of the test's; of a certain version where one is named. */
export async function startPostgres(
  settings: { readonly [name: string]: string } = {},
  name?: PostgresName,
): Promise<PostgresServer> {
  return withPools(await startPostgresProcess(settings, {}, name));
}

/** Starts a standby of a server. */
export async function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  return withPools(await startStandbyProcess(primary));
}

function withPools(server: PostgresProcess): PostgresServer {
  const pools: pg.Pool[] = [];
  const pool = (options: pg.PoolConfig = {}): pg.Pool => {
    const opened = new pg.Pool({ ...connectionTo(server.folder), ...options });
    // Idle connections are told when the server goes away.
    opened.on("error", () => undefined);
    pools.push(opened);
    return opened;
  };
  const own = pool({ max: 2 });
  return {
    ...server,
    pool,
    client: () => new pg.Client(connectionTo(server.folder)),
    async sql(text, values = []) {
      const { rows } = await own.query({ text, values: [...values], rowMode: "array" });
      return rows;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(pools.filter(({ ended }) => !ended).map((opened) => opened.end()));
      await server[Symbol.asyncDispose]();
    },
  };
}
