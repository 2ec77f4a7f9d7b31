/** `coatcheck sessions`: picks the subcommand. */
import { didYouMean } from "coatcheck/settings";
import type { Command } from "../command.ts";
import { sessionsEnd } from "./end.ts";
import { sessionsList } from "./list.ts";
import { sessionsShow } from "./show.ts";

const COMMANDS: { readonly [name: string]: Command } = { list: sessionsList, show: sessionsShow, end: sessionsEnd };

const HELP = `coatcheck sessions: lists and ends sessions, in the store of the configuration

  coatcheck sessions list --owner OWNER | --issuer ISSUER --subject SUBJECT
  coatcheck sessions show ID
  coatcheck sessions end ID | --owner OWNER | --issuer ISSUER --subject SUBJECT

Each has a --help of its own.`;

/** Operators' commands about sessions. */
export const sessions: Command = (args, terminal) => {
  const [first = "", ...rest] = args;
  const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (command !== undefined) return command(rest, terminal);
  if (first === "--help" || first === "-h") {
    terminal.print(HELP);
    return 0;
  }
  const wrong =
    first === "" || first.startsWith("-")
      ? "sessions needs a command: list, show or end"
      : `${JSON.stringify(first.slice(0, 40))} is no command of sessions`;
  const meant = didYouMean(first, Object.keys(COMMANDS));
  const lines = [`coatcheck: ${wrong}`, ...(meant === "" ? [] : [meant]), "All of them:  coatcheck sessions --help"];
  terminal.complain(lines.join("\n  "));
  return 2;
};
