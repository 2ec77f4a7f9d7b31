/** `coatcheck move`: moves all sessions from one store to another, while gateways serve them. */
import { existsSync } from "node:fs";
import { CoatcheckError, type SessionStore } from "coatcheck";
import { type MoveProgress, type MoveReport, moveSessions } from "coatcheck/move";
import { formatStore } from "../../config/kinds/store-kind.ts";
import { formatProblems } from "../../config/sources/place.ts";
import { openStore } from "../../session/open-store.ts";
import type { Command, Console } from "../command.ts";
import { exitEarly, readOwnArguments } from "../own-arguments.ts";
import { type BothStores, bothStores } from "./both-stores.ts";

const HELP = `coatcheck move [FROM TO]: moves all sessions from one store to another; nobody is signed out

  1. Give every gateway moveTo (COATCHECK_MOVE_TO=TO) beside its store, one after another.
  2. Run this. It copies, compares, and says when all has arrived. It may be stopped, and run again to go on.
  3. Give every gateway store=TO, without moveTo, one after another. Then FROM may be switched off.

  FROM TO             addresses of stores, as COATCHECK_STORE takes them; without them: store and moveTo
  --alone             no gateway runs, so that step 1 is not needed
  --json              one object: how it ended, and what was compared
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Passwords are not for command lines: COATCHECK_STORE_PASSWORD is FROM's, COATCHECK_MOVE_TO_PASSWORD is TO's, each also
as a file (…_FILE).

Exit status: 0 when all has arrived; 1 if it was stopped, a store did not answer, or a session is not what it was; 2 for
what was asked or configured wrongly.`;

/** How often it says how far it is, in milliseconds. */
const SAYS_EVERY = 5_000;
/** The most differences that are printed. */
const SHOWN = 10;

/** Moves, and prints the proof. */
export const move: Command = async (args, terminal) => {
  const own = readOwnArguments(
    args.filter((arg) => arg !== "--alone"),
    [],
  );
  const exit = exitEarly(own, HELP, [], terminal);
  if (exit !== undefined) return exit;
  const both = bothStores(own.words, own.settings, terminal);
  if (both === undefined) return 2;
  const stop = new AbortController();
  const asked = (): void => (stop.signal.aborted ? process.exit(130) : stop.abort());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, asked);
  try {
    return await withBoth(both, async (from, to) => {
      const onProgress = sayer(terminal);
      const report = await moveSessions({ from, to, alone: args.includes("--alone"), signal: stop.signal, onProgress });
      return tell(report, both, own.json, terminal);
    });
  } catch (error) {
    return failed(error, terminal);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, asked);
  }
};

/** Opens both, and closes what it opened. */
async function withBoth(both: BothStores, work: (from: SessionStore, to: SessionStore) => Promise<number>): Promise<number> {
  const { store, storePassword, moveTo, moveToPassword } = both;
  if (store.kind === "sqlite" && !existsSync(store.path)) {
    throw new CoatcheckError("ERR_STORE_INVALID", { message: `There is no file ${store.path} to move sessions from.` });
  }
  const onWarning = (): void => undefined;
  const from = await openStore(store, { password: () => storePassword, onWarning });
  try {
    const to = await openStore(moveTo, { password: () => moveToPassword, onWarning });
    try {
      return await work(from, to);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Says now and then how far it is, to the person who waits. */
function sayer({ complain }: Console): (progress: MoveProgress) => void {
  let said = Date.now();
  return ({ isComparing, looked, moved }) => {
    if (Date.now() - said < SAYS_EVERY) return;
    said = Date.now();
    complain(`  ${isComparing ? "compared" : "looked at"} ${looked} rows and markers, moved ${moved}`);
  };
}

function tell({ outcome, moved, proof }: MoveReport, both: BothStores, json: boolean, { print, complain }: Console): number {
  if (json) print(JSON.stringify({ outcome, moved, proof }));
  else if (outcome === "done") print(proofText(moved, proof, both));
  if (outcome === "done before") {
    if (!json) print("These sessions were moved before: nothing to do.");
    return 0;
  }
  if (outcome === "done") return 0;
  if (outcome === "stopped") {
    complain(
      `coatcheck: stopped after ${moved} sessions and markers\n  Run it again to go on. Until then gateways serve both stores.`,
    );
    return 1;
  }
  const { differences } = proof;
  const more = differences.length > SHOWN ? [`and ${differences.length - SHOWN} more`] : [];
  const headline = `coatcheck: not everything is in the new store as it was in the old one; the move is not done`;
  const lines = ["Leave moveTo as it is: gateways go on with both stores. Then find out who else writes to the new one."];
  complain([headline, ...differences.slice(0, SHOWN), ...more, ...lines].join("\n  "));
  return 1;
}

function proofText(moved: number, proof: MoveReport["proof"], { store, moveTo }: BothStores): string {
  const { sessions, ended, markers, unchanged, changed, digests } = proof;
  return [
    `moved ${moved} sessions and markers from ${formatStore(store)} to ${formatStore(moveTo)}`,
    `  live      ${sessions.browser + sessions.token}, of which ${sessions.browser} of browsers and ${sessions.token} of tokens`,
    `  ended     ${ended}`,
    `  markers   ${markers}`,
    `  the same  ${unchanged}, column by column; digest ${digests.from} in both`,
    `  changed   ${changed}, by their users since they were moved`,
    "Now give every gateway the new store alone, one after another. When the last one has it, the old store may be switched off.",
  ].join("\n");
}

function failed(error: unknown, { complain }: Console): number {
  if (error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE") {
    const { cause } = error;
    complain(
      `coatcheck: a store did not answer\n  ${cause instanceof Error ? cause.message : error.message}\n  Nothing is lost: run it again to go on.`,
    );
    return 1;
  }
  if (!(error instanceof CoatcheckError || error instanceof TypeError)) throw error;
  complain(formatProblems([{ headline: error.message, lines: ["coatcheck move --help"] }]));
  return 2;
}
