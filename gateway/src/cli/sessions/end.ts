/** `coatcheck sessions end`: ends one session, or all of a user. */
import { SELECTOR_NAMES } from "../../session/user-selector.ts";
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { idIn, ownerIn, unexpected } from "./arguments.ts";
import { withSessions } from "./stored-sessions.ts";
import { printable } from "./table.ts";

const HELP = `coatcheck sessions end: ends one session, or all of a user, on every replica

  coatcheck sessions end ID
  coatcheck sessions end --owner OWNER
  coatcheck sessions end --issuer ISSUER --subject SUBJECT

  --owner OWNER       issuer and subject with a space between, as the log shows it
  --issuer ISSUER     the issuer of the identity; here it is no setting of the provider
  --subject SUBJECT   its subject
  --json              one object, {"ended": N}
  --config FILE       and the settings of coatcheck serve, from the same environment and file

All of a user includes logins that are on their way at this moment; a later one is free.
Exit status: 0, 1 if there was none, 2 for what was asked or configured wrongly.`;

/** Ends one session, or all of an owner. */
export const sessionsEnd: Command = async (args, terminal) => {
  const own = readOwnArguments(args, SELECTOR_NAMES);
  const { print, complain } = terminal;
  const all = own.given.size > 0;
  const { id, problems: ofId } = all ? { id: "", problems: unexpected(own.words) } : idIn(own.words);
  const { owner, problems: ofOwner } = all ? ownerIn(own.given) : { owner: "", problems: [] };
  const exit = exitEarly(own, HELP, [...ofId, ...ofOwner], terminal);
  if (exit !== undefined) return exit;
  return withSessions(own.settings, terminal, async (directory) => {
    const ended = all ? await directory.endAll(owner, "admin") : Number(await directory.end(id, "admin"));
    if (own.json) print(JSON.stringify({ ended }));
    else if (ended > 0) print(`ended ${ended === 1 ? "1 session" : `${ended} sessions`}`);
    else complain(all ? `${printable(owner)} was signed in nowhere` : `no session ${id} was alive`);
    return ended > 0 ? 0 : 1;
  });
};
