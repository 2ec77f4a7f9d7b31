/** The release before this one, from the history of the repository, so that both can run side by side. */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../sources/files.ts";

/** Nothing is released yet: the last commit before the formats of tokens, cookies and tables were changed. */
const COMMIT = "5e0cdc2";

/** Where it is, once it is taken out: not below `node_modules`, where Node strips no types. */
export const EARLIER_RELEASE = join(ROOT, ".earlier-release", COMMIT);
/** What takes it out. A clone without the history gets it by `git fetch --unshallow`. */
export const EARLIER_COMMAND = "node tools/build/earlier-release.ts";

/** Takes it out where that was not done yet; answers whether it is there now. */
export function takeEarlierRelease(): boolean {
  if (existsSync(EARLIER_RELEASE)) return true;
  // Others may be at it: what is half there has another name.
  const half = `${EARLIER_RELEASE}.${process.pid}`;
  mkdirSync(half, { recursive: true });
  const known = (): boolean => run("git", "cat-file", "-e", `${COMMIT}^{commit}`);
  if (!known() && !(run("git", "fetch", "--quiet", "--unshallow") && known())) return false;
  const archive = join(half, "archive.tar");
  if (!run("git", "archive", "--output", archive, COMMIT, "library", "gateway")) return false;
  if (!run("tar", "-xf", archive, "-C", half)) return false;
  rmSync(archive);
  linkPackages(half);
  try {
    renameSync(half, EARLIER_RELEASE);
  } catch {
    rmSync(half, { recursive: true, force: true });
  }
  return existsSync(EARLIER_RELEASE);
}

/** Its packages are those of this checkout, but for our own, which are its own. */
function linkPackages(folder: string): void {
  const [here, there] = [join(ROOT, "node_modules"), join(folder, "node_modules")];
  mkdirSync(there);
  for (const name of readdirSync(here)) {
    if (name.startsWith(".")) continue;
    const isOurs = lstatSync(join(here, name)).isSymbolicLink();
    symlinkSync(isOurs ? readlinkSync(join(here, name)) : join(here, name), join(there, name));
  }
}

function run(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}

if (import.meta.main) process.exitCode = takeEarlierRelease() ? 0 : 1;
