/** Starts, tracks and ends child processes, so that none outlives a run. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** Every process that we started and that may still live. */
const living = new Set<ChildProcess>();

// SIGKILL reaches a stopped process as well.
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/** Remembers a process, so that none outlives us. */
export function keepTrack(child: ChildProcess): void {
  living.add(child);
  child.once("exit", () => living.delete(child));
  child.once("error", () => living.delete(child));
}

export const isOver = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Ends a process at once and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (isOver(child)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve());
  child.kill("SIGKILL");
  await promise;
}

/** Hands on what a process writes, line by line. */
export function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", take);
}
