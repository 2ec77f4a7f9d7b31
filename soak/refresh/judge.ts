/** Judges the journals: every refresh token sent twice and every user logged out needs a fault that explains it. */
import type { Answer, Fault, Journals, Known, Life, Line, Stored, TokenUse } from "./journal.ts";

/** A token that was presented again, and the fault that explains it; `null`: nothing does. */
export interface Repeat {
  readonly session: string;
  readonly first: TokenUse;
  readonly again: TokenUse;
  readonly fault: Fault | null;
}

/** A user who was logged out, and the repeat that explains it. */
export interface LoggedOut {
  readonly session: string;
  readonly reason: string;
  readonly repeat: Repeat | null;
}

export interface Verdict {
  readonly repeats: readonly Repeat[];
  readonly loggedOut: readonly LoggedOut[];
  /** Answers that nothing explains. */
  readonly lost: readonly Answer[];
  /** What must not have happened, a sentence each, with the session that it is about. */
  readonly violations: readonly Violation[];
}

export interface Violation {
  readonly session: string;
  readonly message: string;
}

/**
 * Between an answer of the provider and its commit, or a deed and its line in the log, on a machine that is busy; time
 * spent stopped does not count.
 */
const SLACK = 1_000;
/** A run of so many expiries has time for kills and stops. */
const WORTH_FAULTS = 25;
/** A refused answer and the row's ending are stamped by different processes. */
const STAMPS = 50;

/** Holds all journals against each other. Pure: it can be tried on invented journals. */
export function judge(journals: Journals): Verdict {
  const used = new Map<Fault, Set<string>>();
  const repeats: Repeat[] = [];
  const loggedOut: LoggedOut[] = [];
  const violations: Violation[] = [];
  const stored = new Map(journals.stored.map((row) => [row.session, row]));
  for (const known of journals.sessions) {
    const own = repeatsOf(known, journals, used);
    repeats.push(...own);
    for (const message of complaints(own)) violations.push({ session: known.session, message });
    const row = stored.get(known.session);
    const over = endingOf(known, journals, own, row);
    if (over.loggedOut !== null) loggedOut.push(over.loggedOut);
    for (const message of over.messages) violations.push({ session: known.session, message });
  }
  for (const { account } of journals.uses.filter(isOf(journals.sessions))) {
    violations.push({ session: account, message: "the provider was shown a token of an unknown user" });
  }
  for (const use of journals.uses.filter(({ outcome }) => outcome === "error")) {
    violations.push({ session: use.account, message: `the provider answered ${use.by} with an error that was not planned` });
  }
  const lost = journals.answers.filter((answer) => !excused(answer, stored.get(answer.session)));
  for (const { session, by, what } of lost) violations.push({ session, message: `${by} answered ${what}` });
  return { repeats, loggedOut, lost, violations };
}

/** Whether the run was one: one without a fault, or without a refresh, proves nothing. */
export function hollow({ uses, faults }: Journals, { loggedOut }: Verdict, expiries: number): readonly string[] {
  const messages: string[] = [];
  const rotated = uses.filter(({ outcome }) => outcome === "rotated").length;
  if (rotated < expiries - loggedOut.length) messages.push(`the provider rotated ${rotated} tokens in ${expiries} expiries`);
  const kinds = new Set(faults.map(({ kind }) => kind));
  if (expiries >= WORTH_FAULTS && kinds.size < 2) messages.push(`there were ${faults.length} faults, not of both kinds`);
  return messages;
}

const isOf = (sessions: readonly Known[]) => {
  const accounts = new Set(sessions.map(({ account }) => account));
  return ({ account }: TokenUse): boolean => !accounts.has(account);
};

/** Each presentation after the first of each token of a session. */
function repeatsOf({ session, account }: Known, journals: Journals, used: Map<Fault, Set<string>>): readonly Repeat[] {
  const byToken = Map.groupBy(
    journals.uses.filter((use) => use.account === account),
    ({ token }) => token,
  );
  return [...byToken.values()].flatMap((given) => {
    const uses = given.toSorted((one, other) => one.at - other.at);
    return uses.slice(1).flatMap((again, index): Repeat[] => {
      const first = uses[index];
      if (first === undefined) return [];
      const fault = explain(session, first, again, journals, used);
      if (fault !== null) used.set(fault, (used.get(fault) ?? new Set()).add(session));
      return [{ session, first, again, fault }];
    });
  });
}

/** The fault that explains a repeat; each explains one of a session. */
export function explain(
  session: string,
  first: TokenUse,
  again: TokenUse,
  { faults, lines, lease }: Pick<Journals, "faults" | "lines" | "lease">,
  used: ReadonlyMap<Fault, ReadonlySet<string>>,
): Fault | null {
  const about = lines.filter((line) => line.session === session);
  const free = faults.filter((fault) => used.get(fault)?.has(session) !== true);
  return (
    free.find((fault) => interrupted(fault, first, again, about, { faults, lease })) ??
    free.find((fault) => cameTooLate(fault, first, again, { faults, lease })) ??
    null
  );
}

type Struck = Pick<Journals, "faults" | "lease">;

/**
 * How long a gateway could do something from one moment to another: a second stop, or the kill, may come right after a
 * stop.
 */
function awake(by: Life, from: number, to: number, faults: readonly Fault[]): number {
  const stops = faults.filter((fault) => fault.by === by && fault.kind === "stop");
  const still = stops.map((stop) => Math.max(0, Math.min(to, stop.until ?? to) - Math.max(from, stop.from)));
  return still.reduce((left, part) => left - part, to - from);
}

/**
 * Between the answer and the fault another gateway stood still, perhaps in the middle of a write: SQLite lets no other
 * process write until it goes on.
 */
function lockHeld(first: TokenUse, fault: Fault, faults: readonly Fault[]): boolean {
  const others = faults.filter(({ kind, by }) => kind === "stop" && by !== first.by);
  return others.some(({ from, until }) => from <= fault.from && (until ?? fault.from) + SLACK >= fault.from);
}

/** The gateway that presented the token first was struck between sending and commit, and told of no commit. */
function interrupted(fault: Fault, first: TokenUse, again: TokenUse, about: readonly Line[], { faults, lease }: Struck): boolean {
  if (fault.by !== first.by || fault.from > again.at) return false;
  const meanwhile = about.filter(({ by, at }) => by === first.by && at >= first.at && at <= again.at);
  const blocked =
    meanwhile.some(({ event, at }) => event === "refresh.held" && at <= fault.from) && lockHeld(first, fault, faults);
  if (!blocked && awake(first.by, first.answered, fault.from, faults) > SLACK) return false;
  if (meanwhile.some(({ event }) => event === "refresh.completed")) return false;
  // The gateway that goes on finds the answer that lies there and stores it. Only if it was not there yet may it be
  // lost: the row says that it is unknown, and the next use tries once more.
  const lostTheAnswer = meanwhile.some(({ event, reason }) => event === "refresh.failed" && reason === "unknown");
  if (fault.until !== null && lostTheAnswer) return fault.until >= first.at - SLACK && fault.until <= first.answered;
  // Else a gateway watched the lease for its whole length, and all the while its holder did not come back.
  const watched = again.at - first.at >= lease.length - lease.margin;
  return watched && (fault.until === null ? fault.from >= first.at - SLACK : fault.until >= again.at - SLACK);
}

/**
 * The gateway that presented it again stood still between its lease and its sending, for so long that the other had
 * taken over.
 */
function cameTooLate(fault: Fault, first: TokenUse, again: TokenUse, { faults, lease: { length, margin } }: Struck): boolean {
  if (fault.by !== again.by || fault.by === first.by || fault.until === null) return false;
  if (fault.until > again.at || awake(again.by, fault.until, again.at, faults) > SLACK) return false;
  return first.at - fault.from >= length - margin && first.at <= fault.until + SLACK;
}

function complaints(repeats: readonly Repeat[]): readonly string[] {
  return repeats
    .filter(({ fault }) => fault === null)
    .map(({ first, again }) => {
      const after = `${((again.at - first.at) / 1_000).toFixed(3)} s`;
      return `${first.by} and ${after} later ${again.by} presented the token ${again.token}, and no fault explains it`;
    });
}

interface Over {
  readonly loggedOut: LoggedOut | null;
  readonly messages: readonly string[];
}

/** How a session ended, if it did: only after a repeat that a fault explains, for one of two reasons, told once. */
function endingOf({ session }: Known, journals: Journals, repeats: readonly Repeat[], row: Stored | undefined): Over {
  const told = journals.lines.filter((line) => line.session === session && line.event === "session.ended");
  const repeat = repeats.find(({ fault }) => fault !== null) ?? null;
  if (row === undefined) return { loggedOut: null, messages: ["its row is gone from the store"] };
  if (row.ended === null) {
    const messages = told.length > 0 ? [`${told[0]?.by} told of its end, and it lives`] : [];
    return {
      loggedOut: null,
      messages: repeats.length > 0 ? [...messages, "its grant is revoked, and it never ended"] : messages,
    };
  }
  const reason = row.reason ?? "nothing";
  const messages = repeat === null ? [`it ended (${reason}), and no fault explains it`] : [];
  if (reason !== "refresh-lost" && reason !== "provider") messages.push(`it ended with the reason ${reason}`);
  if (told.length > 1) messages.push(`its end was told ${told.length} times`);
  const teller = repeats.at(-1)?.again.by;
  if (told.length === 0 && !mayBeUntold(row.ended, teller, journals.faults)) messages.push("its end was told by no gateway");
  return { loggedOut: { session, reason, repeat }, messages };
}

/** A gateway that is killed between the store and the log tells no one. */
function mayBeUntold(ended: number, teller: Life | undefined, faults: readonly Fault[]): boolean {
  return faults.some(
    ({ kind, by, from }) => kind === "kill" && by === teller && from >= ended - STAMPS && awake(by, ended, from, faults) <= SLACK,
  );
}

/** A 401 is right once the session is over, from any gateway. */
function excused({ kind, at }: Answer, row: Stored | undefined): boolean {
  return kind === "signed-out" && row?.ended != null && at >= row.ended - STAMPS;
}
