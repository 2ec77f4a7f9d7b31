/** A PostgreSQL of a test's own, in a temporary folder and on a Unix socket, so that no port is taken. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findServer, type ServerName } from "./servers.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

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

/** Who is let in, and to which database: as `pg` wants it told. */
export const TEST_USER = { user: "coatcheck", database: "postgres" } as const;

/** A running server. */
export interface PostgresProcess extends AsyncDisposable {
  /** The folder of its socket. */
  readonly folder: string;
  start(): Promise<void>;
  /** Stops it as an operator does: what is under way is undone. With `SIGQUIT` as a crash does. */
  stop(signal?: "SIGINT" | "SIGQUIT"): Promise<void>;
}

/** Which installation: Debian's, or one of a certain version. */
export type PostgresName = Extract<ServerName, `postgresql${string}`>;

interface PostgresFiles {
  readonly [name: string]: string;
}

/** Starts a server, with settings of the test's and files that they name, in the folder of its data. */
export async function startPostgresProcess(
  settings: PostgresFiles = {},
  files: PostgresFiles = {},
  name: PostgresName = "postgresql",
): Promise<PostgresProcess> {
  const folder = serverFolder("postgres");
  const command = reachable(installed(name), folder);
  const data = folder.file("data");
  const how = ["-U", TEST_USER.user, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
  const made = spawnSync(join(dirname(command), "initdb"), ["-D", data, ...how], {
    ...AS_USER,
    cwd: folder.path,
    encoding: "utf8",
  });
  assert.equal(made.status, 0, `${made.error ?? made.stderr}`);
  const lines = Object.entries({ ...SETTINGS, ...settings }).map(([name, value]) => `${name} = '${value}'\n`);
  for (const [name, text] of Object.entries({ ...files, "postgresql.auto.conf": lines.join("") })) {
    writeFileSync(join(data, name), text);
    chmodSync(join(data, name), 0o600);
    toUser(join(data, name));
  }
  return processIn(folder, command);
}

/** Starts a standby of a running server, which takes its writes a moment after it has answered them. */
export async function startStandbyProcess(primary: PostgresProcess): Promise<PostgresProcess> {
  const command = installed();
  const folder = serverFolder("standby");
  const from = ["-h", primary.folder, "-U", TEST_USER.user, "-D", folder.file("data")];
  const how = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"];
  const made = spawnSync(join(dirname(command), "pg_basebackup"), [...from, ...how], {
    ...AS_USER,
    cwd: folder.path,
    encoding: "utf8",
  });
  assert.equal(made.status, 0, `${made.error ?? made.stderr}`);
  return processIn(folder, command);
}

async function processIn(folder: TemporaryFolder, command: string): Promise<PostgresProcess> {
  const data = folder.file("data");
  const ready = /ready to accept (?:read-only )?connections/;
  const start = () => serve(command, ["-D", data, "-k", folder.path], ready, folder.path);
  let child: ChildProcess | undefined = await start();
  const stop: PostgresProcess["stop"] = async (signal = "SIGINT") => {
    const running = child;
    child = undefined;
    if (running !== undefined) await endProgram(running, signal);
  };
  return {
    folder: folder.path,
    async start() {
      child = await start();
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      folder[Symbol.dispose]();
    },
  };
}

/** Where it lies itself: a link in the path has no other programs beside it. */
const installed = (name: PostgresName = "postgresql"): string =>
  realpathSync(findServer(name) ?? assert.fail(`${name} is not installed`));

/** The same program where the servers' user may go: a checkout may lie in a folder that is closed to others. */
function reachable(command: string, folder: TemporaryFolder): string {
  const home = dirname(dirname(command));
  const isOpen = (path: string): boolean =>
    (statSync(path).mode & 0o001) === 1 && (path === dirname(path) || isOpen(dirname(path)));
  if (AS_USER.uid === undefined || isOpen(command)) return command;
  cpSync(home, folder.file("installed"), { recursive: true, verbatimSymlinks: true });
  return join(folder.file("installed"), "bin", "postgres");
}

/** A temporary folder that the servers' user may write. */
export function serverFolder(name: string): TemporaryFolder {
  const folder = temporaryFolder(name);
  toUser(folder.path);
  return folder;
}

function toUser(path: string): void {
  if (AS_USER.uid !== undefined) chownSync(path, NOBODY, NOBODY);
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
