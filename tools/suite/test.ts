/**
 * The tests, in Node's runner; small files share processes. A test that needs servers says so in its name
 * (`x.nginx.test.ts`); a server that is missing is installed where that is ours to do, else named in the closing line.
 * So does one that takes long (`x.long.test.ts`): `npm run test:long` runs these, `npm test` all others. `npm test --
 * cookie` runs the files with `cookie` in their path, long or not.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { basename, delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { listFiles, ROOT } from "../sources/files.ts";
import type { ServerName } from "./servers.ts";
import { findServer, install, isCI, mayInstall, remedies, serversOf } from "./servers.ts";

const MINUTE = 60_000;
/** The whole run is stopped then, so that a hanging test is a failure and no waiting. */
const LONGEST = 30 * MINUTE;
const LONGEST_FILE = 10 * MINUTE;
/** In this checkout and nowhere that others can write: it says what is run. */
const COMPILED = join(ROOT, "node_modules", ".cache", "coatcheck-test");

/** The flag of `npm run test:long`. */
const LONG = "--long";

const isLong = (path: string): boolean => basename(path).split(".").slice(1, -2).includes("long");

/** The files that are asked for: with one of these words in their path, else those that take long, or that do not. */
export function askedFor(paths: readonly string[], words: readonly string[], long: boolean): readonly string[] {
  if (words.length === 0) return paths.filter((path) => isLong(path) === long);
  return paths.filter((path) => words.some((word) => path.includes(word)) && (isLong(path) || !long));
}

/** What can run here, and what cannot for want of which server. */
export interface Selection {
  readonly files: readonly string[];
  readonly left: readonly string[];
  readonly missing: readonly ServerName[];
}

/** Splits test files by the servers that there are. */
export function select(paths: readonly string[], found: (name: ServerName) => boolean): Selection {
  const tests = paths.filter((path) => path.endsWith(".test.ts"));
  const lacking = (path: string) => serversOf(path).filter((server) => !found(server));
  const left = tests.filter((path) => lacking(path).length > 0);
  const missing = [...new Set(left.flatMap(lacking))];
  return { files: tests.filter((path) => lacking(path).length === 0), left, missing };
}

/** The line that names what did not run, and what would make it run. */
export function closingLine({ left, missing }: Selection): string {
  return `not run for want of ${missing.join(", ")}: ${left.join(", ")}; to have them: ${remedies(missing).join("; ")}`;
}

/**
 * Most of what a file takes is its start: several hundred modules, whose types are stripped and which are compiled.
 * Each does so for those alone that none before it had. Not where coverage is wanted, which code from a cache would
 * tell less.
 */
export function compileCache(options: readonly string[], env: NodeJS.ProcessEnv): { readonly NODE_COMPILE_CACHE?: string } {
  if ("NODE_COMPILE_CACHE" in env || "NODE_V8_COVERAGE" in env) return {};
  return options.some((option) => option.includes("coverage")) ? {} : { NODE_COMPILE_CACHE: COMPILED };
}

/** Runs the files; answers the exit status. */
function runTests(files: readonly string[], options: readonly string[]): Promise<number> {
  const given = process.env["NODE_OPTIONS"] ?? "";
  const condition = "--conditions=coatcheck-source";
  const env = {
    ...process.env,
    ...compileCache(options, process.env),
    NODE_OPTIONS: given.includes(condition) ? given : `${given} ${condition} --disable-warning=ExperimentalWarning`.trim(),
    PATH: [join(ROOT, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
  };
  // With options it is Node's own runner, a process for each file.
  const concurrency = Math.max(2, availableParallelism());
  const watch = ["--import", pathToFileURL(join(import.meta.dirname, "end-watch.ts")).href];
  const own = ["--test", ...watch, `--test-concurrency=${concurrency}`, `--test-timeout=${LONGEST_FILE}`, ...options];
  const flags = options.length > 0 ? own : [join(import.meta.dirname, "run-files.ts")];
  const child = spawn(process.execPath, [...flags, ...files], { cwd: ROOT, env, stdio: "inherit" });
  const timer = setTimeout(() => {
    console.error(`stopped: the tests took longer than ${LONGEST / MINUTE} minutes`);
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), MINUTE / 6).unref();
  }, LONGEST);
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once("error", () => resolve(1));
  child.once("exit", (code) => resolve(code ?? 1));
  return promise.finally(() => clearTimeout(timer));
}

async function runAll(argumentsGiven: readonly string[]): Promise<number> {
  const long = argumentsGiven.includes(LONG);
  const options = argumentsGiven.filter((argument) => argument.startsWith("-") && argument !== LONG);
  const words = argumentsGiven.filter((argument) => !argument.startsWith("-"));
  const paths = askedFor(listFiles(), words, long);
  const here = (name: ServerName) => findServer(name) !== undefined;
  const wanted = select(paths, here);
  if (wanted.missing.length > 0 && mayInstall()) install(wanted.missing);
  const selection = select(paths, here);
  if (selection.files.length === 0) {
    console.error("there is no such test");
    return 1;
  }
  const status = await runTests(selection.files, options);
  if (words.length === 0 && !long) console.log("npm run test:long runs the tests that take long");
  if (selection.missing.length === 0) return status;
  console.log(closingLine(selection));
  // On a build machine nothing may be left out.
  return isCI() ? 1 : status;
}

if (import.meta.main) process.exitCode = await runAll(process.argv.slice(2));
