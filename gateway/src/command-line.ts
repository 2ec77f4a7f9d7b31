/** Picks the command that the arguments name. */
import { didYouMean } from "coatcheck/settings";
import type { Command, Console } from "./cli/command.ts";

/** Each is loaded when it is called for: what serves requests takes longer to load than most commands to run. */
const COMMANDS = {
  serve: async (...given) => (await import("./cli/serve.ts")).serve(...given),
  "check-config": async (...given) => (await import("./cli/check-config.ts")).checkConfig(...given),
  doctor: async (...given) => (await import("./cli/doctor.ts")).doctor(...given),
  secret: async (...given) => (await import("./cli/secret.ts")).secret(...given),
  keys: async (...given) => (await import("./cli/keys.ts")).keys(...given),
  sessions: async (...given) => (await import("./cli/sessions/sessions.ts")).sessions(...given),
  tokens: async (...given) => (await import("./cli/tokens/tokens.ts")).tokens(...given),
  sweep: async (...given) => (await import("./cli/store/sweep.ts")).sweep(...given),
  migrate: async (...given) => (await import("./cli/store/migrate.ts")).migrate(...given),
  move: async (...given) => (await import("./cli/store/move.ts")).move(...given),
  help: async (...given) => (await import("./cli/help.ts")).help(...given),
  version: async (...given) => (await import("./cli/version.ts")).version(...given),
} as const satisfies { readonly [name: string]: Command };

const isCommand = (name: string): name is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, name);

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
  if (asksForHelp && !WITH_HELP.includes(first)) return COMMANDS.help([], terminal);
  if (args.includes("--version") || args.includes("-v")) return COMMANDS.version([], terminal);
  if (first === "" || first.startsWith("-")) return COMMANDS.serve(args, terminal);
  if (isCommand(first)) return COMMANDS[first](rest, terminal);
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
