/** The closing table of a run: refreshes, repeats, logouts, and how long users waited. */
import type { Journals } from "./journal.ts";
import type { Verdict } from "./judge.ts";

/** What the users and the load balancer counted. */
export interface Counts {
  readonly expiries: number;
  readonly requests: number;
  readonly sent: number;
  readonly broken: number;
  readonly postponed: ReadonlyMap<string, number>;
  readonly longest: number;
  readonly seconds: number;
}

const number = (value: number): string => value.toLocaleString("en-US");

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((all, one) => all + one, 0);
const reasons = (counts: ReadonlyMap<string, number>): string =>
  counts.size === 0 ? "" : `: ${[...counts].map(([code, count]) => `${code} ${number(count)}`).join(", ")}`;

/** The table of a run. */
export function table(journals: Journals, { repeats, loggedOut }: Verdict, counts: Counts): string {
  const { faults, uses, lines } = journals;
  const told = (event: string, reason?: string): number =>
    lines.filter((line) => line.event === event && (reason === undefined || line.reason === reason)).length;
  const long = faults.filter(({ kind, from, until }) => kind === "stop" && (until ?? 0) - from >= journals.lease.length).length;
  const stops = faults.filter(({ kind }) => kind === "stop").length;
  const rows: readonly (readonly [string, string])[] = [
    ["time", `${Math.round(counts.seconds)} s`],
    ["sessions signed in to", number(journals.sessions.length)],
    ["requests of users", `${number(counts.requests)}, sent ${number(counts.sent)} times`],
    ["  repeated elsewhere", `${number(counts.broken)} (connection broken)`],
    ["  repeated later", `${number(sum(counts.postponed))} (503 with Retry-After)${reasons(counts.postponed)}`],
    ["  the longest took", `${(counts.longest / 1_000).toFixed(1)} s`],
    ["kills", number(faults.length - stops)],
    ["stops", `${number(stops)}, longer than a lease ${long}`],
    ["refresh tokens used", number(uses.filter(({ outcome }) => outcome === "rotated").length)],
    ["  stored", `${number(told("refresh.completed"))}, after an unknown outcome ${told("refresh.completed", "after-unknown")}`],
    ["  lease taken over", number(told("refresh.taken-over"))],
    ["  result discarded", number(told("refresh.discarded"))],
    ["  failed", number(told("refresh.failed") - told("refresh.failed", "refused"))],
    ["tokens presented again", `${repeats.length}, explained ${repeats.filter(({ fault }) => fault !== null).length}`],
    ["  by faults", number(new Set(repeats.map(({ fault }) => fault)).size)],
    ["users logged out", `${loggedOut.length}, explained ${loggedOut.filter(({ repeat }) => repeat !== null).length}`],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(24)}${value}`).join("\n");
}

/** Each session that was lost, and why that had to be. */
export function losses({ loggedOut }: Verdict): string {
  return loggedOut
    .map(({ session, reason, repeat }) => {
      if (repeat?.fault == null) return `  ${session}  ${reason}, and nothing explains it`;
      const { first, again, fault } = repeat;
      const into = fault.from - first.at;
      const what = fault.kind === "kill" ? "killed" : `stopped for ${((fault.until ?? 0) - fault.from) / 1_000} s`;
      const then = `${again.by} presented the token again ${((again.at - first.at) / 1_000).toFixed(1)} s after ${first.by}`;
      return `  ${session}  ${reason}: ${fault.by} was ${what} ${into} ms after the first sending, ${then}`;
    })
    .join("\n");
}

/** The last line. */
export function closingLine({ faults }: Journals, verdict: Verdict, { expiries, requests }: Counts): string {
  const kills = faults.filter(({ kind }) => kind === "kill").length;
  const { repeats, loggedOut, lost } = verdict;
  const matched = repeats.filter(({ fault }) => fault !== null).length;
  const explained = loggedOut.filter(({ repeat }) => repeat !== null).length;
  return [
    `soak refresh: expiries ${expiries}`,
    `requests ${requests}`,
    `kills ${kills}`,
    `stops ${faults.length - kills}`,
    `reuse ${repeats.length} (matched ${matched})`,
    `logged out ${loggedOut.length} (matched ${explained})`,
    `lost ${lost.length}`,
  ].join(", ");
}

/**
 * How much of a session's life is told: from so long before its last token was presented, to so long after,
 * milliseconds.
 */
const BEFORE = 20_000;
const AFTER = 3_000;

/** What is known of the last moments of a session, in the order in which it happened. */
export function traceOf(session: string, journals: Journals): string {
  const account = journals.sessions.find((known) => known.session === session)?.account;
  const uses = journals.uses.filter((use) => use.account === account);
  const answers = Map.groupBy(
    journals.answers.filter((answer) => answer.session === session),
    ({ by, what }) => `${by} answers ${what}`,
  );
  const events = [
    ...uses.flatMap(({ at, answered, by, token, outcome }) => [
      { at, text: `${by} presents ${token}` },
      { at: answered, text: `the provider answers ${by}: ${token} ${outcome}` },
    ]),
    ...journals.lines
      .filter((line) => line.session === session)
      .map(({ at, by, event, reason }) => ({ at, text: `${by} logs ${event} ${reason ?? ""}` })),
    ...journals.faults.flatMap(({ kind, by, from, until }) => [
      { at: from, text: `${by} ${kind}` },
      ...(until === null ? [] : [{ at: until, text: `${by} goes on` }]),
    ]),
    ...[...answers].map(([what, all]) => ({ at: all[0]?.at ?? 0, text: `${what} (${all.length} times)` })),
  ];
  const last = Math.max(...uses.map(({ at }) => at), ...[...answers.values()].map((all) => all[0]?.at ?? 0));
  return events
    .filter(({ at }) => at > last - BEFORE && at < last + AFTER)
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, text }) => `    ${new Date(at).toISOString().slice(11, 23)} ${text}`)
    .join("\n");
}
