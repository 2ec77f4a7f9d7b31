import { readFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, release } from "node:os";
import type { Effort } from "./measure.ts";
import type { Machine } from "./report.ts";

/** Where the figures are from: without it they mean nothing. */
export async function machine(effort: Effort): Promise<Machine> {
  const text = await readFile(new URL("package.json", import.meta.url), "utf8");
  const manifest: { readonly devDependencies: Readonly<Record<string, string>> } = JSON.parse(text);
  const versions = Object.entries(manifest.devDependencies).filter(([name]) => !name.startsWith("@types/"));
  return {
    cpu: cpus()[0]?.model ?? "an unknown processor",
    cores: availableParallelism(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    rounds: effort.rounds,
    sessions: effort.sessions,
    versions: Object.fromEntries(versions),
  };
}
