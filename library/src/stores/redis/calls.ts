/** Calls of one key: a plain command, or a script that the server may not know yet. */
import type { RedisCommand } from "./clients/commander.ts";
import type { Script } from "./scripts.ts";

/** One call; the name of a command, or a script. */
export interface Call {
  readonly run: string | Script;
  readonly key: string;
  readonly args: readonly string[];
}

/** The command of a call. `whole`: sends the script itself, which the server then knows. */
export function commandOf({ run, key, args }: Call, whole = false): RedisCommand {
  if (typeof run === "string") return [run, key, ...args];
  return whole ? ["EVAL", run.source, "1", key, ...args] : ["EVALSHA", run.sha, "1", key, ...args];
}

/** Whether the server did nothing because it does not know the script, so that trying again is safe. */
export const isUnknownScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith("NOSCRIPT");
