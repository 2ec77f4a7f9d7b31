/** PgBouncer in transaction mode before a server of tests: each statement may go out on another connection. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import pg from "pg";
import { endProgram, serve, serverFolder } from "../../../tools/suite/postgres-server.ts";
import { findServer } from "../../../tools/suite/servers.ts";
import { connectionTo, type PostgresServer } from "./postgres-server.ts";

/** A running pooler. */
export interface PgBouncer extends AsyncDisposable {
  pool(): pg.Pool;
  /** Whether it keeps prepared statements. */
  readonly keepsStatements: boolean;
}

interface Pooling {
  /** Most prepared statements of a connection, where it is of a version that keeps any. Default 0. */
  readonly statements?: number;
  /** Connections to the server. Default 2, fewer than its clients have to it. */
  readonly connections?: number;
  /** What each connection to the server begins with. */
  readonly begins?: string;
}

const PORT = 6432;

/** Whether it is 1.21 or later, which keeps prepared statements where it is told to. */
function mayKeepStatements(command: string): boolean {
  const { stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  const [, major, minor] = /PgBouncer (\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) > 1 || Number(minor) >= 21;
}

/** Starts one, whose transactions go out on any of its connections. */
export async function startPgBouncer(server: PostgresServer, pooling: Pooling = {}): Promise<PgBouncer> {
  const { statements = 0, connections = 2, begins } = pooling;
  const command = findServer("pgbouncer") ?? assert.fail("PgBouncer is not installed");
  const newer = mayKeepStatements(command);
  const folder = serverFolder("pgbouncer");
  const users = folder.write("users.txt", '"coatcheck" ""\n');
  const settings = [
    "[databases]",
    `postgres = host=${server.folder}${begins === undefined ? "" : ` connect_query='${begins}'`}`,
    "[pgbouncer]",
    "listen_addr =",
    `listen_port = ${PORT}`,
    `unix_socket_dir = ${folder.path}`,
    "auth_type = trust",
    `auth_file = ${users}`,
    "pool_mode = transaction",
    `default_pool_size = ${connections}`,
    ...(newer ? [`max_prepared_statements = ${statements}`] : []),
  ];
  const file = folder.write("pgbouncer.ini", settings.join("\n"));
  const child = await serve(command, [file], /process up/, folder.path);
  return {
    keepsStatements: newer && statements > 0,
    pool: () => new pg.Pool({ ...connectionTo(folder.path), port: PORT, max: 6 }),
    async [Symbol.asyncDispose]() {
      await endProgram(child, "SIGTERM");
      folder[Symbol.dispose]();
    },
  };
}
