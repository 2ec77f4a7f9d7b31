/** Commands that have commands of their own. */
import { didYouMean } from "coatcheck/settings";
import type { Command } from "./command.ts";

/** A command that leaves all to the one that its first argument names. */
export function subcommands(name: string, commands: { readonly [name: string]: Command }, help: string): Command {
  const names = Object.keys(commands);
  const listed = `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  return (args, terminal) => {
    const [first = "", ...rest] = args;
    const command = Object.hasOwn(commands, first) ? commands[first] : undefined;
    if (command !== undefined) return command(rest, terminal);
    if (first === "--help" || first === "-h") {
      terminal.print(help);
      return 0;
    }
    const wrong =
      first === "" || first.startsWith("-")
        ? `${name} needs a command: ${listed}`
        : `${JSON.stringify(first.slice(0, 40))} is no command of ${name}`;
    const meant = didYouMean(first, names);
    const lines = [`coatcheck: ${wrong}`, ...(meant === "" ? [] : [meant]), `All of them:  coatcheck ${name} --help`];
    terminal.complain(lines.join("\n  "));
    return 2;
  };
}
