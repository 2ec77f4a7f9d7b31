/** Compiles the packages to `dist`: the library first, since the gateway is compiled against what the library publishes. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./files.ts";

const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");

/** Compiles one package, and gives it the licence that its package is to hold. Answers whether it compiled. */
function build(name: string): boolean {
  const folder = join(ROOT, name);
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [TSC, "-p", join(folder, "tsconfig.build.json")], { stdio: "inherit" });
  if (status !== 0) return false;
  copyFileSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  for (const command of ["main.js", "cli/main.js"].map((file) => join(folder, "dist", file))) {
    if (existsSync(command)) chmodSync(command, 0o755);
  }
  return true;
}

/** Compiles every package in order, and stops at the first that does not compile. */
export function buildAll(): boolean {
  return ["library", "gateway"].every(build);
}

if (import.meta.main) process.exitCode = buildAll() ? 0 : 1;
