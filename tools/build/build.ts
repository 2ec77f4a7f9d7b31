/**
 * Makes the packages' `dist`: the library file by file, for apps that import it; then the gateway as a bundle, since it
 * is only started. The gateway's types are checked against what the library publishes.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../sources/files.ts";
import { bundleGateway } from "./bundle.ts";

const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");

/**
 * Checks one package, and compiles it where its configuration says so. Gives it the licence that its package is to
 * hold.
 */
function compile(name: string): boolean {
  const folder = join(ROOT, name);
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [TSC, "-p", join(folder, "tsconfig.build.json")], { stdio: "inherit" });
  copyFileSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  return status === 0;
}

/** Makes every package in order, and stops at the first that does not compile. */
export function buildAll(): boolean {
  if (!compile("library")) return false;
  chmodSync(join(ROOT, "library", "dist", "cli", "main.js"), 0o755);
  if (!compile("gateway")) return false;
  bundleGateway();
  return true;
}

if (import.meta.main) process.exitCode = buildAll() ? 0 : 1;
