/** Declares the tests of several files in this process, a suite each. A file that leaves the process changed fails. */
import assert from "node:assert/strict";
import { after, before, suite } from "node:test";
import { pathToFileURL } from "node:url";

const EVENTS = ["SIGINT", "SIGTERM", "SIGHUP", "exit", "beforeExit", "warning", "uncaughtException", "unhandledRejection"];
const GLOBALS = ["fetch", "Date", "Math", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "console"] as const;

/** What a process has to say once its tests are over, milliseconds. */
const CLOSING = 1_000;

type State = ReadonlyMap<string, unknown>;

/** What all files of a process share, by name. */
function processState(): State {
  return new Map<string, unknown>([
    ["process.exitCode", process.exitCode],
    ["process.cwd()", process.cwd()],
    ["Date.now", Date.now],
    ["Math.random", Math.random],
    ["performance.now", performance.now],
    ...Object.entries(process.env).map(([name, value]) => [`process.env.${name}`, value] as const),
    ...EVENTS.map((event) => [`listeners of ${event}`, process.listenerCount(event)] as const),
    ...GLOBALS.map((name) => [name, globalThis[name]] as const),
  ]);
}

/** Names what is another now; values may be secrets. */
function assertUnchanged(file: string, then: State): void {
  const now = processState();
  const changed = [...new Set([...then.keys(), ...now.keys()])].filter((name) => then.get(name) !== now.get(name));
  assert.deepEqual(changed, [], `${file} changes its process: say "Own process:" in it, with the reason`);
}

/** A file that hangs is given up after so many milliseconds, and the next begins. */
export function declareTests(files: readonly string[], timeout: number): void {
  let then: State = new Map();
  let broken = false;
  // A file that cannot be imported may have left a server open, and no hook of it closes that.
  after(() => {
    if (broken) setTimeout(() => process.exit(1), CLOSING).unref();
  });
  for (const [index, file] of files.entries()) {
    suite(file, { timeout }, async () => {
      if (index === 0) then = processState();
      // Ahead of the file's own hooks, and behind them: what those change counts, and what they put back does not.
      before(() => {
        // All of them are imported before the first test.
        if (index === 0) assertUnchanged(`one of ${files.join(", ")}, as it is imported,`, then);
        then = processState();
      });
      await import(pathToFileURL(file).href).catch((error: unknown) => {
        broken = true;
        throw error;
      });
      after(() => assertUnchanged(file, then));
    });
  }
}
