/** Runs the benchmarks as their command does, in a process of its own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the command answered. */
export interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `npm run bench -- …` with these arguments. */
export function runBench(args: readonly string[]): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = execFile(
    process.execPath,
    [fileURLToPath(new URL("../run.ts", import.meta.url)), ...args],
    { env: { ...process.env, NODE_TEST_CONTEXT: undefined }, maxBuffer: 2 ** 24 },
    (_error, output, errors) => resolve({ status: child.exitCode ?? -1, output, errors }),
  );
  return promise;
}
