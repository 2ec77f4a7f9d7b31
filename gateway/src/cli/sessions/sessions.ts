/** `coatcheck sessions`: picks the subcommand. */
import type { Command } from "../command.ts";
import { subcommands } from "../subcommands.ts";
import { sessionsEnd } from "./end.ts";
import { sessionsList } from "./list.ts";
import { sessionsShow } from "./show.ts";

const HELP = `coatcheck sessions: lists and ends sessions, in the store of the configuration

  coatcheck sessions list --owner OWNER | --issuer ISSUER --subject SUBJECT
  coatcheck sessions show ID
  coatcheck sessions end ID | --owner OWNER | --issuer ISSUER --subject SUBJECT

Each has a --help of its own.`;

/** Operators' commands about sessions. */
export const sessions: Command = subcommands("sessions", { list: sessionsList, show: sessionsShow, end: sessionsEnd }, HELP);
