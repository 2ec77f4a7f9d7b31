/** `coatcheck tokens revoke`: ends one token. */
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { idIn } from "../sessions/arguments.ts";
import { withLayer } from "../sessions/stored-sessions.ts";

const HELP = `coatcheck tokens revoke: ends one token, on every replica, and all that are refreshed from it

  coatcheck tokens revoke ID

  --json              one object, {"revoked": N}
  --config FILE       and the settings of coatcheck serve, from the same environment and file

The id is that of coatcheck tokens list, never the token. All of a user: coatcheck sessions end --owner OWNER.
Exit status: 0, 1 if no token of this id was alive, 2 for what was asked or configured wrongly.`;

/** Revokes one. */
export const tokensRevoke: Command = async (args, terminal) => {
  const own = readOwnArguments(args, []);
  const { id, problems } = idIn(own.words, "token");
  const exit = exitEarly(own, HELP, problems, terminal);
  if (exit !== undefined) return exit;
  return withLayer(own.settings, terminal, async ({ tokens }) => {
    const revoked = await tokens.revoke(id);
    if (own.json) terminal.print(JSON.stringify({ revoked: Number(revoked) }));
    else if (revoked) terminal.print("revoked 1 token");
    else terminal.complain(`no token ${id} was alive`);
    return revoked ? 0 : 1;
  });
};
