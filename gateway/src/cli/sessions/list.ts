/** `coatcheck sessions list`: the sessions of a user. */
import { SELECTOR_NAMES } from "../../session/user-selector.ts";
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { ownerIn, unexpected } from "./arguments.ts";
import { withSessions } from "./stored-sessions.ts";
import { printable, sessionTable } from "./table.ts";

const HELP = `coatcheck sessions list: where a user is signed in, newest first

  coatcheck sessions list --owner OWNER
  coatcheck sessions list --issuer ISSUER --subject SUBJECT

  --owner OWNER       issuer and subject with a space between, as the log shows it
  --issuer ISSUER     the issuer of the identity; here it is no setting of the provider
  --subject SUBJECT   its subject
  --json              one object, {"sessions": [...]}, times in milliseconds
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 if there is none, 2 for what was asked or configured wrongly.`;

/** Lists the sessions of an owner. */
export const sessionsList: Command = async (args, terminal) => {
  const own = readOwnArguments(args, SELECTOR_NAMES);
  const { print, complain } = terminal;
  const selected = ownerIn(own.given);
  const exit = exitEarly(own, HELP, [...unexpected(own.words), ...selected.problems], terminal);
  if (exit !== undefined) return exit;
  return withSessions(own.settings, terminal, async (directory) => {
    const sessions = await directory.list(selected.owner);
    if (own.json) print(JSON.stringify({ sessions }));
    else if (sessions.length > 0) print(sessionTable(sessions));
    else complain(`${printable(selected.owner)} is signed in nowhere`);
    return sessions.length > 0 ? 0 : 1;
  });
};
