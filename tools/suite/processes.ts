/**
 * Which test files share a process, and in which order processes start. Most of what a small file takes is its start;
 * the longest come first, so that none is left alone at the end.
 */
import { dirname } from "node:path";
import { serversOf } from "./servers.ts";

/** Files that one process runs, one after the other. */
export type Process = readonly string[];

/** One that hangs or ends its process delays no more than these. */
const LARGEST = 16;

/**
 * What says that a file touches what all of its process shares: settings, signals, warnings, globals, memory, the
 * folder that it stands in; or that it measures real time or runs programs. `Own process: why` in a comment says so
 * too.
 */
const OWN =
  /Own process:|test-support\/command|process\.(?!cwd|execPath|platform|version|hrtime)|globalThis|\bmock\b|node:(?:child_process|cluster|worker_threads|v8|vm|perf_hooks|diagnostics_channel|async_hooks|inspector|module)|\b(?:gc|fork|spawn|steadily|within)\(|performance\.|setGlobalDispatcher/;

/** What else there is starts programs. */
const ROOMS = ["library/", "gateway/", "tools/"];

/** Whether a file may run in a process with others. */
export function shares(path: string, text: string): boolean {
  return ROOMS.some((room) => path.startsWith(room)) && serversOf(path).length === 0 && !OWN.test(text);
}

/** The files as processes, those first that will take longest. */
export function processesOf(paths: readonly string[], read: (path: string) => string): readonly Process[] {
  const rooms = new Map<string, string[]>();
  const processes: Process[] = [];
  for (const path of paths) {
    const text = read(path);
    if (shares(path, text)) {
      const room = dirname(path).split("/").slice(0, 3).join("/");
      rooms.set(room, [...(rooms.get(room) ?? []), path]);
    } else processes.push([path]);
  }
  for (const room of rooms.values()) {
    const parts = Math.ceil(room.length / LARGEST);
    for (let part = 0; part < parts; part++) processes.push(room.filter((_, index) => index % parts === part));
  }
  const weights = new Map(processes.map((files) => [files, weight(files, read)]));
  return processes.toSorted((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0));
}

/** What plays a whole suite, or waits for servers to agree among themselves. */
const LASTING = /storeSuite\(|storeCases|startCluster\(|startSentinelGroup\(|\bsearch\(/;

/** How long a process takes, guessed by what its files use, in kilobytes of source that test in memory. */
function weight(files: Process, read: (path: string) => string): number {
  return files.reduce((sum, path) => {
    const text = read(path);
    return sum + (factorOf(path, text) * text.length) / 1_000;
  }, 0);
}

function factorOf(path: string, text: string): number {
  const servers = serversOf(path);
  if (servers.includes("chromium")) return 1_000;
  if (LASTING.test(text)) return 60;
  return servers.length > 0 || /node:child_process|test-support\/command/.test(text) ? 10 : 1;
}
