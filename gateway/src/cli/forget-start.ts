import { flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** When the start is over, and usually nothing is going on yet, in milliseconds. */
const AFTER = 1_000;

/**
 * Gives back what only the start needed, which a process with little to do would keep for hours: modules and settings leave behind as much
 * again as is used later. Once, and some twenty milliseconds long.
 */
export function forgetStart(): void {
  setTimeout(() => {
    // First, since compiled code is kept for processes of the same flags alone.
    flushCompileCache();
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect === "function") collect({ type: "major", flavor: "last-resort" });
  }, AFTER).unref();
}
