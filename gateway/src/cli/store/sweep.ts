/** `coatcheck sweep`: deletes dead rows from the store. */
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { unexpected } from "../sessions/arguments.ts";
import { withLayer } from "../sessions/stored-sessions.ts";

const HELP = `coatcheck sweep: deletes what expired from the store, and sessions that were idle for twice the idle time

A gateway does the same once an hour (sweep.every). Live sessions are never touched. It stops after sweep.within, or if
another process sweeps this store now; "complete" is false then, and the next one goes on from there.

  --json              one object, {"deleted": N, "complete": true}
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 if the store did not answer, 2 for what was asked or configured wrongly.`;

/** Deletes expired rows and markers, and rows dead by idle, in batches until none is left. */
export const sweep: Command = async (args, terminal) => {
  const own = readOwnArguments(args, []);
  const { print } = terminal;
  const exit = exitEarly(own, HELP, unexpected(own.words), terminal);
  if (exit !== undefined) return exit;
  return withLayer(own.settings, terminal, async (layer) => {
    const { deleted, complete } = await layer.sweep();
    const text = `deleted ${deleted} dead ${deleted === 1 ? "row" : "rows"}${complete ? "" : "; there may be more"}`;
    print(own.json ? JSON.stringify({ deleted, complete }) : text);
    return 0;
  });
};
