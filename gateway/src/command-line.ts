/** Picks the command that the arguments name. */
import { didYouMean } from "coatcheck/settings";
import { checkConfig } from "./cli/check-config.ts";
import type { Command, Console } from "./cli/command.ts";
import { help } from "./cli/help.ts";
import { keys } from "./cli/keys.ts";
import { secret } from "./cli/secret.ts";
import { serve } from "./cli/serve.ts";
import { sessions } from "./cli/sessions/sessions.ts";
import { migrate } from "./cli/store/migrate.ts";
import { move } from "./cli/store/move.ts";
import { sweep } from "./cli/store/sweep.ts";
import { tokens } from "./cli/tokens/tokens.ts";
import { version } from "./cli/version.ts";

const COMMANDS: { readonly [name: string]: Command } = {
  serve,
  "check-config": checkConfig,
  secret,
  keys,
  sessions,
  tokens,
  sweep,
  migrate,
  move,
  help,
  version,
};
/** These tell about themselves. */
const WITH_HELP: readonly string[] = ["sessions", "tokens", "sweep", "keys", "migrate", "move"];

const terminal: Console = {
  print: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => process.stderr.write(`${text}\n`),
};

/** `serve` is what happens when no command is named. */
async function run(args: readonly string[]): Promise<number> {
  const [first = "", ...rest] = args;
  const asksForHelp = args.includes("--help") || args.includes("-h");
  if (asksForHelp && !WITH_HELP.includes(first)) return help([], terminal);
  if (args.includes("--version") || args.includes("-v")) return version([], terminal);
  if (first === "" || first.startsWith("-")) return serve(args, terminal);
  const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (command !== undefined) return command(rest, terminal);
  const meant = didYouMean(first, Object.keys(COMMANDS));
  const lines = [
    `coatcheck: ${JSON.stringify(first)} is no command`,
    ...(meant === "" ? [] : [meant]),
    "All of them:  coatcheck --help",
  ];
  terminal.complain(lines.join("\n  "));
  return 2;
}

process.exitCode = await run(process.argv.slice(2));
