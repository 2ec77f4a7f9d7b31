/** `coatcheck tokens list`: the live tokens of an owner. */
import { SELECTOR_NAMES } from "../../session/user-selector.ts";
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { ownerIn, unexpected } from "../sessions/arguments.ts";
import { withLayer } from "../sessions/stored-sessions.ts";
import { printable, tokenTable } from "../sessions/table.ts";

const HELP = `coatcheck tokens list: the live tokens of a user or a program, newest first; no token itself

  coatcheck tokens list --owner OWNER
  coatcheck tokens list --issuer ISSUER --subject SUBJECT

  --owner OWNER       issuer and subject with a space between, as the log shows it
  --issuer ISSUER     the issuer of the identity; of a name of your own it is the public URL
  --subject SUBJECT   its subject
  --json              one object, {"tokens": [...]}, times in milliseconds
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 if there is none, 2 for what was asked or configured wrongly.`;

/** Lists them. */
export const tokensList: Command = async (args, terminal) => {
  const own = readOwnArguments(args, SELECTOR_NAMES);
  const selected = ownerIn(own.given);
  const exit = exitEarly(own, HELP, [...unexpected(own.words), ...selected.problems], terminal);
  if (exit !== undefined) return exit;
  return withLayer(own.settings, terminal, async ({ tokens }) => {
    const found = await tokens.list(selected.owner);
    if (own.json) terminal.print(JSON.stringify({ tokens: found }));
    else if (found.length > 0) terminal.print(tokenTable(found));
    else terminal.complain(`${printable(selected.owner)} has no tokens`);
    return found.length > 0 ? 0 : 1;
  });
};
