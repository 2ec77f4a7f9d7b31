/** A PostgreSQL of a test's own, in a temporary folder and on a Unix socket, so that no port is taken. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { findServer } from "../../../tools/suite/servers.ts";
import { type TemporaryFolder, temporaryFolder } from "../../../tools/suite/temporary-folder.ts";

/** `nobody`: PostgreSQL and PgBouncer do not run as root. */
const NOBODY = 65_534;
const AS_USER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** It may lose all at a power failure. */
const SETTINGS = {
  listen_addresses: "",
  fsync: "off",
  max_connections: "60",
  shared_buffers: "32MB",
  max_wal_size: "256MB",
  log_min_messages: "log",
};

/** A running server. */
export interface PostgresServer extends AsyncDisposable {
  /** The folder of its socket. */
  readonly folder: string;
  /** Pools are closed with the server, if the test has not. */
  pool(options?: pg.PoolConfig): pg.Pool;
  client(): pg.Client;
  /** Runs a statement past the store; answers its rows. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
  start(): Promise<void>;
  /** Stops it as an operator does: what is under way is undone. */
  stop(): Promise<void>;
}

/** How `pg` connects to the socket in a folder. */
export const connectionTo = (folder: string): pg.ClientConfig => ({ host: folder, user: "coatcheck", database: "postgres" });

/** Starts a server, with settings of the test's. */
export async function startPostgres(settings: { readonly [name: string]: string } = {}): Promise<PostgresServer> {
  const command = findServer("postgresql") ?? assert.fail("PostgreSQL is not installed");
  const folder = serverFolder("postgres");
  const data = folder.file("data");
  const how = ["-U", "coatcheck", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
  const made = spawnSync(join(dirname(command), "initdb"), ["-D", data, ...how], {
    ...AS_USER,
    cwd: folder.path,
    encoding: "utf8",
  });
  assert.equal(made.status, 0, made.stderr);
  const lines = Object.entries({ ...SETTINGS, ...settings }).map(([name, value]) => `${name} = '${value}'\n`);
  writeFileSync(join(data, "postgresql.auto.conf"), lines.join(""));
  const start = () => serve(command, ["-D", data, "-k", folder.path], /ready to accept connections/, folder.path);
  let child: ChildProcess | undefined = await start();
  const pools: pg.Pool[] = [];
  const pool = (options: pg.PoolConfig = {}): pg.Pool => {
    const opened = new pg.Pool({ ...connectionTo(folder.path), ...options });
    // Idle connections are told when the server goes away.
    opened.on("error", () => undefined);
    pools.push(opened);
    return opened;
  };
  const own = pool({ max: 2 });
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running !== undefined) await endProgram(running, "SIGINT");
  };
  return {
    folder: folder.path,
    pool,
    client: () => new pg.Client(connectionTo(folder.path)),
    async sql(text, values = []) {
      const { rows } = await own.query({ text, values: [...values], rowMode: "array" });
      return rows;
    },
    async start() {
      child = await start();
    },
    stop,
    async [Symbol.asyncDispose]() {
      await Promise.all(pools.filter(({ ended }) => !ended).map((opened) => opened.end()));
      await stop();
      folder[Symbol.dispose]();
    },
  };
}

/** A temporary folder that the servers' user may write. */
export function serverFolder(name: string): TemporaryFolder {
  const folder = temporaryFolder(name);
  if (AS_USER.uid !== undefined) chownSync(folder.path, NOBODY, NOBODY);
  return folder;
}

/** Starts a program as the servers' user; resolves when it says that it is ready. */
export async function serve(command: string, args: readonly string[], ready: RegExp, cwd: string): Promise<ChildProcess> {
  const child = spawn(command, args, { ...AS_USER, cwd, stdio: ["ignore", "ignore", "pipe"] });
  const started = Promise.withResolvers<void>();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-10_000);
    if (ready.test(said)) started.resolve();
  });
  child.once("exit", () => started.reject(new Error(`${command} ended: ${said}`)));
  child.once("error", started.reject);
  await started.promise;
  return child;
}

/** Ends a program and waits until it has. */
export async function endProgram(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
