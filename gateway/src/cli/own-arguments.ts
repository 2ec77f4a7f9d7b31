/** The arguments of commands that take flags of their own besides settings. */
import { NAMED_SETTINGS } from "../config/config.ts";
import { readFlags } from "../config/sources/flags.ts";
import { formatProblems, type Problem } from "../config/sources/place.ts";
import type { Console } from "./command.ts";

/** The arguments of a command that takes more than settings. */
interface OwnArguments {
  /** What stands alone: an id. */
  readonly words: readonly string[];
  /** The command's own flags that were given, by name without dashes. */
  readonly given: ReadonlyMap<string, string>;
  readonly json: boolean;
  readonly help: boolean;
  /** All others: settings, and `--config`. */
  readonly settings: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Takes a command's own flags, `--json` and `--help` out of its arguments. A flag of its own hides a setting of that
 * name.
 */
export function readOwnArguments(args: readonly string[], own: readonly string[]): OwnArguments {
  const words: string[] = [];
  const given = new Map<string, string>();
  const settings: string[] = [];
  const problems: Problem[] = [];
  const switches = new Set<string>();
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (!arg.startsWith("-")) {
      words.push(arg);
      continue;
    }
    if (arg === "--json" || arg === "--help" || arg === "-h") {
      switches.add(arg);
      continue;
    }
    const cut = arg.indexOf("=");
    const flag = cut === -1 ? arg : arg.slice(0, cut);
    const next = args[index + 1];
    const follows = cut === -1 && next !== undefined && !next.startsWith("--") ? next : undefined;
    if (follows !== undefined) index++;
    const name = own.find((one) => flag === `--${one}`);
    const value = cut === -1 ? follows : arg.slice(cut + 1);
    if (name === undefined) settings.push(arg, ...(follows === undefined ? [] : [follows]));
    else if (value === undefined) problems.push({ headline: `${flag} has no value`, lines: [`Write ${flag} VALUE.`] });
    else if (given.has(name)) problems.push({ headline: `${flag} is given twice`, lines: ["One user at a time."] });
    else given.set(name, value);
  }
  const others = ["--config", "--json", "--help", ...own.map((name) => `--${name}`)];
  return {
    words,
    given,
    json: switches.has("--json"),
    help: switches.has("--help") || switches.has("-h"),
    settings,
    problems: [...problems, ...readFlags(settings, NAMED_SETTINGS, others).problems],
  };
}

/**
 * The exit status of a command that has nothing to do: its help was asked for, or it was called wrongly. `wrong`: what
 * the command itself finds wrong with its arguments.
 */
export function exitEarly(
  { help, problems }: OwnArguments,
  text: string,
  wrong: readonly Problem[],
  { print, complain }: Console,
): 0 | 2 | undefined {
  if (help) {
    print(text);
    return 0;
  }
  const all = problems.length > 0 ? problems : wrong;
  if (all.length === 0) return undefined;
  complain(formatProblems(all));
  return 2;
}
