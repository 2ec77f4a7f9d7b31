/** The closing table of a run of replicas. */
import type { Journals } from "./journal.ts";
import type { Verdict, Violation } from "./judge.ts";
import type { Repeat } from "./repeats.ts";
import type { StoreName } from "./stores/run-store.ts";
import type { Client } from "./users/client.ts";

interface Counted {
  readonly client: Pick<Client, "sent" | "broken" | "postponed" | "served" | "longest">;
  readonly seconds: number;
}

const number = (value: number): string => value.toLocaleString("en-US");
const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${name} ${number(count)}`).join(", ");
/** How often each text occurs. */
const tally = (texts: readonly string[]): ReadonlyMap<string, number> =>
  new Map([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]));

export function table(journals: Journals, { repeats, loggedOut }: Verdict, { client, seconds }: Counted): string {
  const { faults, outages, sessions, answers, endings, edits, reads, exchanges, uses } = journals;
  const kinds = (kind: "browser" | "tokens" | "agent"): string => number(sessions.filter((known) => known.kind === kind).length);
  const done = endings.filter(({ acknowledged }) => acknowledged).map(({ how }) => how);
  const stored = edits.filter((edit) => edit.stored).length;
  const longest = Math.max(0, ...outages.map(({ from, until }) => until - from));
  const rows: readonly (readonly [string, string])[] = [
    ["time", `${Math.round(seconds)} s`],
    ["requests", `${number(client.sent)}: ${listOf(client.served)}`],
    ["  without a replica's answer", number(client.broken)],
    ["  503, to be repeated", listOf(client.postponed)],
    ["  the longest took", `${(client.longest / 1_000).toFixed(1)} s`],
    ["gateways and apps", listOf(tally(faults.map(({ kind }) => kind)))],
    ["what all share", `${listOf(tally(outages.map(({ what }) => what)))}; the longest ${(longest / 1_000).toFixed(1)} s`],
    ["logins", kinds("browser")],
    ["families of tokens, agents", `${kinds("tokens")}, ${kinds("agent")}`],
    ["answers", listOf(tally(answers.map(({ kind }) => kind)))],
    ["endings, acknowledged", `${number(endings.length)}, ${number(done.length)}: ${listOf(tally(done))}`],
    ["edits, stored", `${number(edits.length)}, ${number(stored)}; read ${number(reads.length)} times`],
    ["refresh tokens of ours", number(exchanges.length)],
    ["refreshes at the provider", listOf(tally(uses.map(({ outcome }) => outcome)))],
    ["  presented again", `${repeats.length}, explained ${repeats.filter(({ cause }) => cause !== null).length}`],
    ["signed out unasked", `${loggedOut.length}, explained ${loggedOut.filter(({ repeat }) => repeat !== null).length}`],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(28)}${value}`).join("\n");
}

/** Each session that ended unasked, and why that had to be. */
export function losses({ loggedOut }: Verdict): string {
  return loggedOut
    .map(({ session, reason, repeat }) => `  ${session}  ${reason}: ${repeat === null ? "nothing explains it" : causeOf(repeat)}`)
    .join("\n");
}

function causeOf({ first, again, cause }: Repeat): string {
  const then = `${again.by} presented the token again ${((again.at - first.at) / 1_000).toFixed(1)} s after ${first.by}`;
  if (cause === null) return then;
  const what = "what" in cause ? cause.what : `${cause.by} was ${cause.kind === "kill" ? "killed" : "stopped"}`;
  return `${what} ${cause.from - first.at} ms after the first sending, ${then}`;
}

/** The last line. */
export function closingLine(store: StoreName, journals: Journals, verdict: Verdict, { client }: Counted): string {
  const { faults, outages } = journals;
  const { repeats, loggedOut, violations } = verdict;
  const kinds = tally([...faults, ...outages].map(({ kind }) => kind));
  const classes = tally(violations.map((violation) => violation.class));
  const count = (name: Violation["class"]): number => classes.get(name) ?? 0;
  return [
    `soak replicas: store ${store}`,
    `requests ${client.sent}`,
    ...(["kill", "stop", "restart", "failover", "rotation", "reload"] as const).map((kind) => `${kind}s ${kinds.get(kind) ?? 0}`),
    `foreign ${count("foreign")}`,
    `resurrected ${count("resurrected")}`,
    `lost edits ${count("lost-edit")}`,
    `reuse ${repeats.length} (explained ${repeats.filter(({ cause }) => cause !== null).length})`,
    `signed out ${loggedOut.length} (explained ${loggedOut.filter(({ repeat }) => repeat !== null).length})`,
    `two successors ${count("two-successors")}`,
    `wrong ${count("wrong")}`,
    `outcries ${count("outcry")}`,
  ].join(", ");
}
