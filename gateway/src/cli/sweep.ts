import { setTimeout as pause } from "node:timers/promises";
import { formatProblems } from "../config/place.ts";
import type { Command } from "./command.ts";
import { readOwnArguments } from "./own-arguments.ts";
import { unexpected } from "./session-words.ts";
import { withStore } from "./stored-sessions.ts";

const BATCH = 250;
/** Between two batches, in milliseconds, so that a gateway on the same store writes meanwhile. */
const PAUSE = 20;

const HELP = `coatcheck sweep: deletes what expired from the store

A gateway does the same once an hour. Live sessions are never touched.

  --json              one object, {"deleted": N}
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 where the store did not answer, 2 for what was asked or configured wrongly.`;

/** Deletes expired rows and marks, in batches until none is left. */
export const sweep: Command = async (args, terminal) => {
  const own = readOwnArguments(args, []);
  const { print, complain } = terminal;
  if (own.help) {
    print(HELP);
    return 0;
  }
  const problems = own.problems.length > 0 ? own.problems : unexpected(own.words);
  if (problems.length > 0) {
    complain(formatProblems(problems));
    return 2;
  }
  return withStore(own.settings, terminal, async (store) => {
    let deleted = 0;
    for (;;) {
      const batch = await store.sweep(BATCH, Date.now());
      deleted += batch;
      if (batch < BATCH) break;
      await pause(PAUSE);
    }
    print(own.json ? JSON.stringify({ deleted }) : `deleted ${deleted} expired ${deleted === 1 ? "row" : "rows"}`);
    return 0;
  });
};
