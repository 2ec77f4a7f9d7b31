/** Runs test files under a mutant, alone or many in one process, and says how they ended and how long they took. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../sources/files.ts";

const HOOK = pathToFileURL(join(import.meta.dirname, "hook.ts")).href;

/** What is kept from one run to the next, of this checkout; `npm ci` would take it away from `node_modules`. */
export const CACHE = join(tmpdir(), `coatcheck-mutation-${createHash("sha256").update(ROOT).digest("hex").slice(0, 12)}`);
const COMPILED = join(CACHE, "compiled");
const TOGETHER = join(import.meta.dirname, "together.ts");

/** How test files ended, and after how many milliseconds. */
export interface Outcome {
  readonly passed: boolean;
  readonly took: number;
  /** It was stopped, since it did not end. */
  readonly late: boolean;
}

/** Runs one test file in a process of its own, with these variables beside the usual ones. */
export const runTest = (path: string, variables: Readonly<Record<string, string>>, longest: number): Promise<Outcome> =>
  start([join(ROOT, path)], variables, longest);

/** Runs test files in one process, until one fails, or says nothing for so long. */
export const runTogether = (
  paths: readonly string[],
  variables: Readonly<Record<string, string>>,
  silence: number,
): Promise<Outcome> => start([TOGETHER, ...paths.map((path) => join(ROOT, path))], variables, silence);

function start(command: readonly string[], variables: Readonly<Record<string, string>>, silence: number): Promise<Outcome> {
  const begun = performance.now();
  const options = `--conditions=coatcheck-source --disable-warning=ExperimentalWarning --import ${HOOK}`;
  // Code from a cache would tell the coverage less.
  const cached = "NODE_V8_COVERAGE" in variables ? {} : { NODE_COMPILE_CACHE: COMPILED };
  const child = spawn(process.execPath, ["--test-force-exit", ...command], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: options, ...cached, ...variables },
    stdio: ["ignore", "pipe", "ignore"],
    // A group of its own, so that what it started goes with it.
    detached: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const finish = (passed: boolean, late = false): void => resolve({ passed, late, took: performance.now() - begun });
  const timer = setTimeout(() => {
    finish(false, true);
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, silence);
  child.stdout.on("data", () => timer.refresh());
  // A test that could not be run has noticed nothing.
  child.once("error", reject);
  child.once("exit", (code) => finish(code === 0));
  return promise.finally(() => clearTimeout(timer));
}

/** Does work with so many hands, in order. */
export async function each<Item>(items: readonly Item[], hands: number, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: hands }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
