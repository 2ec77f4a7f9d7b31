/** `coatcheck sessions show`: one session. */
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { idIn } from "./arguments.ts";
import { withSessions } from "./stored-sessions.ts";
import { sessionLines } from "./table.ts";

const HELP = `coatcheck sessions show: one session

  coatcheck sessions show ID

  --json              one object, times in milliseconds
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 if no session of this id is alive, 2 for what was asked or configured wrongly.`;

/** Shows a live session. */
export const sessionsShow: Command = async (args, terminal) => {
  const own = readOwnArguments(args, []);
  const { print, complain } = terminal;
  const { id, problems: ofId } = idIn(own.words);
  const exit = exitEarly(own, HELP, ofId, terminal);
  if (exit !== undefined) return exit;
  return withSessions(own.settings, terminal, async (directory) => {
    const info = await directory.show(id);
    if (info === null) {
      complain(`no session ${id} is alive`);
      return 1;
    }
    print(own.json ? JSON.stringify(info) : sessionLines(info));
    return 0;
  });
};
