/** `coatcheck sessions show`: one session. */
import { formatProblems } from "../../config/sources/place.ts";
import type { Command } from "../command.ts";
import { readOwnArguments } from "../own-arguments.ts";
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
  if (own.help) {
    print(HELP);
    return 0;
  }
  const { id, problems: ofId } = idIn(own.words);
  const problems = own.problems.length > 0 ? own.problems : ofId;
  if (problems.length > 0) {
    complain(formatProblems(problems));
    return 2;
  }
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
