/** How this process collects garbage: V8's own defaults are for a page on a machine with many processors (F-50). */
import type { PerformanceEntry, PerformanceObserverEntryList } from "node:perf_hooks";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";

/**
 * The young generation is collected by the thread that is interrupted for it. It is a few megabytes of which hardly
 * anything survives: to wake other threads for that takes longer than to do it, and if processors are few, requests
 * wait until those threads have had one.
 */
export function collectAlone(): void {
  setFlagsFromString("--no-parallel-scavenge");
}

/**
 * The young generation grows to its full size at the first sign of work, rather than by doubling: collections become
 * fifteen times rarer, and what a request leaves behind is dead by then. Not before the start is over, whose garbage
 * would fill it.
 */
export function growAtOnce(): void {
  setFlagsFromString("--semi-space-growth-factor=16");
}

/** A collection of the young generation that takes as long as this holds requests up, milliseconds. */
const LONG = 4;
/** After so many shorter ones in a row one thread is enough again. */
const SHORT_ONES = 30;

/** Whether other threads are to help with the next collection, from how long those before it took. */
export class Help {
  readonly #long: number;
  #short = SHORT_ONES;

  /** @param long milliseconds from which on a collection asks for help */
  constructor(long = LONG) {
    this.#long = long;
  }

  /** @param took milliseconds */
  after(took: number): boolean {
    this.#short = took >= this.#long ? 0 : this.#short + 1;
    return this.#short < SHORT_ONES;
  }
}

/**
 * Lets other threads help while much survives: if a thousand requests wait at once, for a token refresh or for an
 * app, one thread copies what they hold for fifteen milliseconds at a time, and all other requests wait for that
 * (F-71).
 * @param long milliseconds from which on a collection asks for help
 */
export function helpWhereMuchSurvives(long = LONG): void {
  const help = new Help(long);
  let helped = false;
  const observe = (list: PerformanceObserverEntryList): void => {
    for (const entry of list.getEntries()) if (isOfTheYoung(entry)) helped = tell(help.after(entry.duration), helped);
  };
  new PerformanceObserver(observe).observe({ entryTypes: ["gc"] });
}

function tell(helps: boolean, helped: boolean): boolean {
  if (helps !== helped) setFlagsFromString(helps ? "--parallel-scavenge" : "--no-parallel-scavenge");
  return helps;
}

function isOfTheYoung(entry: PerformanceEntry): boolean {
  const detail: unknown = "detail" in entry ? entry.detail : null;
  return typeof detail === "object" && detail !== null && "kind" in detail && detail.kind === constants.NODE_PERFORMANCE_GC_MINOR;
}
