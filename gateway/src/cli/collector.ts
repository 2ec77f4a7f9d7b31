/** How this process collects garbage: V8's own defaults are for a page on a machine with many processors (F-50). */
import { setFlagsFromString } from "node:v8";

/**
 * The young generation is collected by the thread that is interrupted for it. It is a few megabytes of which hardly anything survives: to wake other
 * threads for that takes longer than to do it, and where processors are few, requests wait until those threads have had one.
 */
export function collectAlone(): void {
  setFlagsFromString("--no-parallel-scavenge");
}

/**
 * The young generation grows to its full size at the first sign of work, rather than by doubling: collections become fifteen times rarer, and
 * what a request leaves behind is dead by then. Not before the start is over, whose garbage would fill it.
 */
export function growAtOnce(): void {
  setFlagsFromString("--semi-space-growth-factor=16");
}
