/** Frees what only the start needed. */
import { flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { growAtOnce, helpWhereMuchSurvives } from "./collector.ts";

/** When the start is over, and usually nothing is going on yet, in milliseconds. */
const AFTER = 1_000;
/**
 * After how many collections without a call V8 drops a function's bytecode, which it compiles again at the next call:
 * its default.
 */
const BYTECODE_AGE = 6;

/**
 * Gives back what only the start needed, which a process with little to do would keep for hours: its garbage, and the
 * bytecode of what ran once. Once, and some tens of milliseconds long.
 */
export function forgetStart(): void {
  setTimeout(() => {
    // First, since compiled code is kept for processes of the same flags alone, and while there is some.
    flushCompileCache();
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect !== "function") return;
    setFlagsFromString("--bytecode-old-age=1");
    // The first makes bytecode old, the second drops it.
    for (let times = 0; times < 2; times++) collect({ type: "major", flavor: "last-resort" });
    setFlagsFromString(`--bytecode-old-age=${BYTECODE_AGE}`);
    growAtOnce();
    helpWhereMuchSurvives();
  }, AFTER).unref();
}
