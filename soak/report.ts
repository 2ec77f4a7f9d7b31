import type { Journals } from "./journal.ts";
import type { Verdict } from "./judge.ts";

/** What the users and the load balancer counted. */
export interface Counts {
  readonly expiries: number;
  readonly requests: number;
  readonly sent: number;
  readonly broken: number;
  readonly postponed: number;
  readonly seconds: number;
}

const number = (value: number): string => value.toLocaleString("en-US");

/** The table of a run. */
export function table(journals: Journals, { repeats, loggedOut }: Verdict, counts: Counts): string {
  const { faults, spends, lines } = journals;
  const told = (event: string, reason?: string): number =>
    lines.filter((line) => line.event === event && (reason === undefined || line.reason === reason)).length;
  const long = faults.filter(({ kind, from, until }) => kind === "stop" && (until ?? 0) - from >= journals.lease.length).length;
  const stops = faults.filter(({ kind }) => kind === "stop").length;
  const rows: readonly (readonly [string, string])[] = [
    ["time", `${Math.round(counts.seconds)} s`],
    ["sessions signed in to", number(journals.sessions.length)],
    ["requests of users", `${number(counts.requests)}, sent ${number(counts.sent)} times`],
    ["  repeated elsewhere", `${number(counts.broken)} (connection broken)`],
    ["  repeated later", `${number(counts.postponed)} (503 with Retry-After)`],
    ["kills", number(faults.length - stops)],
    ["stops", `${number(stops)}, longer than a lease ${long}`],
    ["refresh tokens spent", number(spends.filter(({ outcome }) => outcome === "rotated").length)],
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

/** Everything that is known of a session, in the order in which it happened. */
export function traceOf(session: string, journals: Journals): string {
  const account = journals.sessions.find((known) => known.session === session)?.account;
  const events = [
    ...journals.spends
      .filter((spend) => spend.account === account)
      .flatMap(({ at, answered, by, token, outcome }) => [
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
    ...journals.answers
      .filter((answer) => answer.session === session)
      .map(({ at, by, what }) => ({ at, text: `${by} answers ${what}` })),
  ];
  return events
    .toSorted((one, other) => one.at - other.at)
    .slice(-60)
    .map(({ at, text }) => `    ${new Date(at).toISOString().slice(11, 23)} ${text}`)
    .join("\n");
}
