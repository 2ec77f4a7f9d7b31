/** Real servers that tests run against: where they are, and how a machine gets them. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { EARLIER_COMMAND, EARLIER_RELEASE, takeEarlierRelease } from "../build/earlier-release.ts";
import { BUILD_COMMAND, buildOauth2Proxy, OAUTH2_PROXY } from "../build/oauth2-proxy.ts";
import { fetchPostgres, POSTGRES_COMMAND, postgresAt } from "../build/postgres.ts";
import { fetchValkey, VALKEY, VALKEY_COMMAND } from "../build/valkey.ts";

/**
 * What each server is called where it is installed, most wanted first. Its key is also the Debian package, where there
 * is one.
 */
const COMMANDS = {
  nginx: ["nginx"],
  haproxy: ["haproxy"],
  caddy: ["caddy"],
  chromium: ["chromium", "chromium-browser", "google-chrome"],
  "oauth2-proxy": ["oauth2-proxy"],
  postgresql: ["postgres"],
  // Of this version, whichever Debian has.
  "postgresql-14": [],
  "postgresql-18": [],
  pgbouncer: ["pgbouncer"],
  "redis-server": ["redis-server", "valkey-server"],
  valkey: ["valkey-server"],
  "earlier-release": [],
} as const;

export type ServerName = keyof typeof COMMANDS;

const SERVERS: readonly ServerName[] = [
  "nginx",
  "haproxy",
  "caddy",
  "chromium",
  "oauth2-proxy",
  "postgresql",
  "postgresql-14",
  "postgresql-18",
  "pgbouncer",
  "redis-server",
  "valkey",
  "earlier-release",
];

/** Servers that Debian has no package of, and what brings them instead. */
const BUILT: ReadonlyMap<ServerName, { readonly at: string; readonly command: string; build(): boolean }> = new Map([
  ["oauth2-proxy", { at: OAUTH2_PROXY, command: BUILD_COMMAND, build: buildOauth2Proxy }],
  ["postgresql-14", { at: postgresAt(14), command: POSTGRES_COMMAND, build: () => fetchPostgres(14) }],
  ["postgresql-18", { at: postgresAt(18), command: POSTGRES_COMMAND, build: () => fetchPostgres(18) }],
  ["valkey", { at: VALKEY, command: VALKEY_COMMAND, build: fetchValkey }],
  ["earlier-release", { at: EARLIER_RELEASE, command: EARLIER_COMMAND, build: takeEarlierRelease }],
]);

/** Servers live here too, where the path of an ordinary user does not look. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
/** Debian keeps each version of PostgreSQL in a folder of its own. */
const POSTGRES_VERSIONS = "/usr/lib/postgresql";

/** The executable of a server, or `undefined` where this machine has none. */
export function findServer(name: ServerName): string | undefined {
  const built = BUILT.get(name)?.at;
  return findCommand(COMMANDS[name]) ?? (built !== undefined && isExecutable(built) ? built : undefined);
}

/**
 * Chromium without its windows, if Debian's package of that is installed, else Chromium: pages of the one take a third
 * of the time. It has no tabs of which one is shown.
 */
export function findPageBrowser(): string | undefined {
  return findCommand(["chromium-headless-shell"]) ?? findServer("chromium");
}

function findCommand(names: readonly string[]): string | undefined {
  const named = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const folders = [...named, ...SYSTEM_FOLDERS, ...postgresFolders()];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** The newest first. */
function postgresFolders(): readonly string[] {
  if (!existsSync(POSTGRES_VERSIONS)) return [];
  const versions = readdirSync(POSTGRES_VERSIONS).toSorted((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(POSTGRES_VERSIONS, version, "bin"));
}

/**
 * The servers that a test needs: `check.nginx.test.ts` needs nginx, `login.nginx.chromium.test.ts` Chromium as well.
 */
export function serversOf(path: string): readonly ServerName[] {
  const parts = (path.split("/").at(-1) ?? "").split(".").slice(1, -2);
  return SERVERS.filter((known) => parts.includes(known));
}

/** The commands that give a Debian machine these servers. */
export function remedies(names: readonly ServerName[]): readonly string[] {
  const packages = names.filter((name) => !BUILT.has(name));
  const built = new Set(names.flatMap((name) => BUILT.get(name)?.command ?? []));
  return [...(packages.length > 0 ? [`sudo ${aptCommand(packages)}`] : []), ...built];
}

const aptCommand = (names: readonly ServerName[]): string => `apt-get install -y --no-install-recommends ${names.join(" ")}`;

/** Whether this machine is ours to install on: a build machine, or root in a Debian container. */
export function mayInstall(): boolean {
  const root = process.getuid?.() === 0;
  const container = existsSync("/.dockerenv") || existsSync("/run/.containerenv") || !existsSync("/run/systemd/system");
  return existsSync("/etc/debian_version") && root && (isCI() || container);
}

/** Whether a build machine runs this: there nothing may be left out. */
export function isCI(): boolean {
  return !["", "0", "false"].includes(process.env["CI"] ?? "");
}

/** Installs servers; answers whether it went well. */
export function install(names: readonly ServerName[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const packages = names.filter((name) => !BUILT.has(name));
  const commands = packages.length > 0 ? ["apt-get update -q", aptCommand(packages)] : [];
  const installed = commands.every((command) => spawnSync(command, { shell: true, stdio: "inherit", env }).status === 0);
  return names.every((name) => BUILT.get(name)?.build() ?? true) && installed;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
