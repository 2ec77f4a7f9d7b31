/** `coatcheck sweep`: deletes expired rows from the store. */
import { setTimeout as pause } from "node:timers/promises";
import type { SessionStore } from "coatcheck";
import type { Command } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { unexpected } from "../sessions/arguments.ts";
import { withStore } from "../sessions/stored-sessions.ts";

const BATCH = 250;
/** Between two batches, in milliseconds, so that a gateway on the same store writes meanwhile. */
const PAUSE = 20;

const HELP = `coatcheck sweep: deletes what expired from the store, and sessions that were idle for twice the idle time

A gateway does the same once an hour. Live sessions are never touched.

  --json              one object, {"deleted": N}
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 if the store did not answer, 2 for what was asked or configured wrongly.`;

/** Deletes expired rows and marks, and rows dead by idle, in batches until none is left. */
export const sweep: Command = async (args, terminal) => {
  const own = readOwnArguments(args, []);
  const { print } = terminal;
  const exit = exitEarly(own, HELP, unexpected(own.words), terminal);
  if (exit !== undefined) return exit;
  return withStore(own.settings, terminal, async (store, { session }) => {
    const deleted = (await expired(store)) + (await idle(store, session.idle));
    print(own.json ? JSON.stringify({ deleted }) : `deleted ${deleted} dead ${deleted === 1 ? "row" : "rows"}`);
    return 0;
  });
};

async function expired(store: SessionStore): Promise<number> {
  for (let deleted = 0; ; await pause(PAUSE)) {
    const batch = await store.sweep(BATCH, Date.now());
    deleted += batch;
    if (batch < BATCH) return deleted;
  }
}

/**
 * As the hourly sweep: such a row stays as long again as the idle time, so that a user who comes back soon is told
 * why.
 */
async function idle(store: SessionStore, limit: number): Promise<number> {
  if (store.survey === undefined) return 0;
  for (let deleted = 0, from = 0; ; await pause(PAUSE)) {
    const now = Date.now();
    const found = await store.survey(from, BATCH, now, now - 2 * limit);
    deleted += found.deleted;
    if (found.next === null) return deleted;
    from = found.next;
  }
}
