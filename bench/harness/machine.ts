/** What machine the figures are from, and how much processor time its host took away meanwhile. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, release } from "node:os";
import type { Effort } from "./measure.ts";
import type { Machine } from "./report.ts";

/** The part of the processors up to which a machine counts as quiet. */
export const QUIET = 0.01;

/** Of Linux's `/proc/stat`: hundredths of a second of all processors. */
const TICK_MILLIS = 10;
const STOLEN_FIELD = 8;

/**
 * Follows what a host of virtual machines takes away from this one. Processor time leaves most of it out; times by the
 * clock have all of it, so that no p99 means anything where much was taken.
 */
export class Stolen {
  #since = performance.now();
  #before = stolenMillis();

  /**
   * The part of this machine's processors that was taken since this was asked last; `null` where the system does not
   * say.
   */
  share(): number | null {
    const now = performance.now();
    const stolen = stolenMillis();
    const share =
      stolen === null || this.#before === null ? null : (stolen - this.#before) / ((now - this.#since) * availableParallelism());
    this.#since = now;
    this.#before = stolen;
    return share;
  }
}

function stolenMillis(): number | null {
  try {
    const [all = ""] = readFileSync("/proc/stat", "latin1").split("\n");
    const ticks = Number(all.split(/ +/)[STOLEN_FIELD]);
    return Number.isFinite(ticks) ? ticks * TICK_MILLIS : null;
  } catch {
    return null;
  }
}

/**
 * Where the figures are from: without it they mean nothing.
 * @param stolen of its processors while they were measured
 */
export async function machine(effort: Effort, stolen: number | null): Promise<Machine> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const manifest: { readonly devDependencies: Readonly<Record<string, string>> } = JSON.parse(text);
  const versions = Object.entries(manifest.devDependencies).filter(([name]) => !name.startsWith("@types/"));
  return {
    cpu: cpus()[0]?.model ?? "an unknown processor",
    cores: availableParallelism(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    rounds: effort.rounds,
    sessions: effort.sessions,
    stolen,
    versions: Object.fromEntries(versions),
  };
}
