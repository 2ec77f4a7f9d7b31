/** The configuration of a command, or its problems on standard error. */
import { type Configuration, loadConfig } from "../config/config.ts";
import type { DevelopmentSecret } from "../config/development-secret.ts";
import { formatProblems } from "../config/sources/place.ts";
import type { Console } from "./command.ts";

type Good = Extract<Configuration, { ok: true }>;

/**
 * The configuration of this process, or `undefined` after everything that is wrong with it was said. `development`:
 * whether it makes the development secret, or only reads the one that is there.
 */
export function readConfiguration(
  args: readonly string[],
  { complain }: Console,
  development: DevelopmentSecret = "read",
): Good | undefined {
  const configuration = loadConfig({ args, environment: process.env, directory: process.cwd(), development });
  if (configuration.ok) return configuration;
  complain(formatProblems(configuration.problems));
  return undefined;
}
