/** PgBouncer in transaction mode before a server of tests: each statement may go out on another connection. */
import assert from "node:assert/strict";
import pg from "pg";
import { endProgram, serve, serverFolder } from "../../../tools/suite/postgres-server.ts";
import { findServer } from "../../../tools/suite/servers.ts";
import { connectionTo, type PostgresServer } from "./postgres-server.ts";

/** A running pooler. */
interface PgBouncer extends AsyncDisposable {
  pool(): pg.Pool;
}

const PORT = 6432;

/** Starts one with two connections to the server, fewer than its clients have to it. */
export async function startPgBouncer(server: PostgresServer): Promise<PgBouncer> {
  const command = findServer("pgbouncer") ?? assert.fail("PgBouncer is not installed");
  const folder = serverFolder("pgbouncer");
  const users = folder.write("users.txt", '"coatcheck" ""\n');
  const settings = [
    "[databases]",
    `postgres = host=${server.folder}`,
    "[pgbouncer]",
    "listen_addr =",
    `listen_port = ${PORT}`,
    `unix_socket_dir = ${folder.path}`,
    "auth_type = trust",
    `auth_file = ${users}`,
    "pool_mode = transaction",
    "default_pool_size = 2",
  ];
  const file = folder.write("pgbouncer.ini", settings.join("\n"));
  const child = await serve(command, [file], /process up/, folder.path);
  return {
    pool: () => new pg.Pool({ ...connectionTo(folder.path), port: PORT, max: 6 }),
    async [Symbol.asyncDispose]() {
      await endProgram(child, "SIGTERM");
      folder[Symbol.dispose]();
    },
  };
}
