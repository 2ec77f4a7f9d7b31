/** Runs the test files that are named as arguments; those that can share a process do. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { pathToFileURL } from "node:url";
import { ROOT } from "../sources/files.ts";
import { type Process, processesOf } from "./processes.ts";

const LONGEST_FILE = 600_000;
/** Of this run alone: another one may run beside it. */
const FOLDER = join(ROOT, "node_modules", ".cache", `coatcheck-test-processes-${process.pid}`);
const MODULE = join(import.meta.dirname, "shared-process.ts");
/** What each process loads first. */
const END_WATCH = pathToFileURL(join(import.meta.dirname, "end-watch.ts")).href;
/** More than there are cores, since tests wait for what they started. */
const CONCURRENCY = availableParallelism() + 2;

/** Whoever ends this run ends its processes. */
const STOPPED = new AbortController();

/** What a process is started with: its only file, or a module that runs them all. */
function entryOf(files: Process): string {
  const [first = "", ...more] = files;
  if (more.length === 0) return first;
  const path = join(FOLDER, `${first.replaceAll(/\W+/g, "-")}-and-${more.length}-more.mjs`);
  const call = `declareTests(${JSON.stringify(files)}, ${LONGEST_FILE})`;
  writeFileSync(path, `import { declareTests } from ${JSON.stringify(MODULE)};\n${call};\n`);
  return path;
}

/** Runs processes of files with absolute paths; answers the files that a process ended before. */
async function runOnce(processes: readonly Process[]): Promise<readonly string[]> {
  const left = new Set(processes.filter(({ length }) => length > 1).flat());
  const { signal } = STOPPED;
  const execArgv = ["--import", END_WATCH];
  const stream = run({ files: processes.map(entryOf), execArgv, concurrency: CONCURRENCY, timeout: LONGEST_FILE, signal });
  stream.on("test:complete", ({ name }) => left.delete(name));
  stream.on("test:fail", () => {
    process.exitCode = 1;
  });
  const { promise, resolve: ended } = Promise.withResolvers<void>();
  stream.compose(new spec()).once("end", ended).pipe(process.stdout, { end: false });
  await promise;
  return [...left];
}

/** Runs processes of files. The exit status is 1 if a test or a process fails. */
export async function runProcesses(processes: readonly Process[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  process.once("exit", () => rmSync(FOLDER, { recursive: true, force: true }));
  process.once("SIGTERM", () => STOPPED.abort());
  const left = await runOnce(processes.map((files) => files.map((file) => resolve(ROOT, file))));
  if (left.length === 0) return;
  console.log(`${left.length} files shared a process that ended before them. Each in its own:`);
  process.exitCode = 1;
  await runOnce(left.map((file) => [file]));
}

if (import.meta.main) await runProcesses(processesOf(process.argv.slice(2), (path) => readFileSync(join(ROOT, path), "utf8")));
