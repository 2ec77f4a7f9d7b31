/** Judges a run: who was served as whom, what ended and why, and whether anything was lost. Pure. */
import type { Answer, Edit, Ending, Exchange, Journals, Known, Read } from "./journal.ts";
import { type Repeat, repeatsOf } from "./repeats.ts";

/** A session that ended though its user had not asked for that, and the repeat of a refresh token that explains it. */
export interface LoggedOut {
  readonly session: string;
  readonly reason: string;
  readonly repeat: Repeat | null;
}

export interface Violation {
  /** The class of what went wrong; the closing line counts these. */
  readonly class: "foreign" | "resurrected" | "logged-out" | "reuse" | "lost-edit" | "two-successors" | "wrong" | "outcry";
  readonly about: string;
  readonly message: string;
}

export interface Verdict {
  readonly repeats: readonly Repeat[];
  readonly loggedOut: readonly LoggedOut[];
  readonly violations: readonly Violation[];
}

/** Holds all journals against each other. */
export function judge(journals: Journals): Verdict {
  const { sessions, outcries, refusedLogins } = journals;
  const answers = Map.groupBy(journals.answers, ({ session }) => session);
  const repeats = sessions.flatMap((known) => repeatsOf(known.session, journals));
  const answersOf = (session?: string): readonly Answer[] => answers.get(session ?? "") ?? [];
  const lives = sessions.map((known) => {
    const seen = { own: answersOf(known.session), ofParent: answersOf(known.parent) };
    return lifeOf(known, seen, journals, repeats);
  });
  const violations: readonly Violation[] = [
    ...lives.flatMap((life) => life.violations),
    ...repeats.filter(({ cause }) => cause === null).map(unexplained),
    ...booksOf(journals),
    ...droppedOf(journals, lives),
    ...successorsOf(journals.exchanges),
    ...refusedLogins.map((message): Violation => ({ class: "wrong", about: "a login", message })),
    ...outcries.map(({ by, what }): Violation => ({ class: "outcry", about: by, message: `${by} says ${what}` })),
  ];
  return { repeats, loggedOut: lives.flatMap(({ loggedOut }) => loggedOut ?? []), violations };
}

interface Lived {
  readonly loggedOut: LoggedOut | null;
  readonly violations: readonly Violation[];
}

interface Seen {
  readonly own: readonly Answer[];
  /** An agent is over with the session that it hangs on. */
  readonly ofParent: readonly Answer[];
}

/** What befell one session. */
function lifeOf(known: Known, { own: answers, ofParent }: Seen, journals: Journals, repeats: readonly Repeat[]): Lived {
  const { session, account } = known;
  const violations: Violation[] = [];
  const asked = journals.endings.filter((ending) => concerns(ending, known));
  const isRefusal = ({ kind }: Answer): boolean => kind === "signed-out";
  const signedOut = answers.filter(isRefusal).toSorted((one, other) => one.at - other.at);
  const acknowledged = asked.filter((ending) => ending.acknowledged && isSurelyMeant(ending, known));
  // Once a session has been called over it is over, for all replicas: from the first answer that said so.
  const over = Math.min(
    ...acknowledged.map(({ at }) => at),
    ...[...signedOut, ...ofParent.filter(isRefusal)].map(({ at }) => at),
  );
  for (const answer of answers) {
    const { kind, what, by, from } = answer;
    if (kind === "wrong") violations.push({ class: "wrong", about: session, message: `${by} answered ${what}` });
    if (kind !== "served") continue;
    if (what !== account) violations.push({ class: "foreign", about: session, message: `${by} served ${account} as ${what}` });
    if (from > over) {
      const message = `${by} served it ${from - over} ms after it was over`;
      violations.push({ class: "resurrected", about: session, message });
    }
  }
  const [first] = signedOut;
  if (first === undefined || asked.some(({ from }) => from <= first.at)) return { loggedOut: null, violations };
  const root = known.parent ?? session;
  const reason = journals.lines.find((line) => line.session === root && line.event === "session.ended")?.reason ?? "nothing";
  const repeat = repeats.find((one) => one.session === root && one.cause !== null) ?? null;
  const explained = repeat !== null && (reason === "refresh-lost" || reason === "provider");
  if (!explained) {
    const message = `${first.by} signed ${account} out (${reason}), and nothing explains it`;
    violations.push({ class: "logged-out", about: session, message });
  }
  return { loggedOut: { session, reason, repeat: explained ? repeat : null }, violations };
}

/** An ending that was not answered may be carried out by a process that was stopped, as soon as it goes on. */
export const LATE = 15_000;

/** Whether an ending may have ended this session: its own, or one of all others, unless it began later. */
function concerns({ how, account, session, at, acknowledged }: Ending, known: Known): boolean {
  if (how !== "everywhere") return session === known.session || session === known.parent;
  return account === known.account && session !== known.session && known.begun <= at + (acknowledged ? 0 : LATE);
}

/** Whether it must have: one that was not there yet when it was sent may have come after it. */
const isSurelyMeant = (ending: Ending, known: Known): boolean => ending.how !== "everywhere" || known.at < ending.from;

function unexplained({ session, first, again }: Repeat): Violation {
  const message = `${first.by} and ${again.at - first.at} ms later ${again.by} presented ${again.token}, and nothing explains it`;
  return { class: "reuse", about: session, message };
}

/** Each read has at least what was stored before it began, and nothing that was never sent. */
function booksOf({ edits, reads }: Journals): readonly Violation[] {
  const byBook = Map.groupBy(edits, ({ book }) => book);
  return reads.flatMap((read) => [...missing(read, byBook.get(read.book) ?? [])]);
}

function* missing(read: Read, edits: readonly Edit[]): Iterable<Violation> {
  for (const [key, own] of Map.groupBy(edits, (edit) => edit.key)) {
    const stored = own.filter((edit) => edit.stored && edit.at < read.from).map(({ value }) => value);
    const least = Math.max(0, ...stored);
    const value = read.values[key] ?? 0;
    if (value < least) {
      const message = `${read.by} answered ${key} = ${value}, and ${least} had been stored`;
      yield { class: "lost-edit", about: read.book, message };
    }
  }
  for (const [key, value] of Object.entries(read.values)) {
    if (edits.some((edit) => edit.key === key && edit.value === value)) continue;
    const message = `${read.by} answered ${key} = ${value}, which was never sent for it`;
    yield { class: "foreign", about: read.book, message };
  }
}

/** A login takes the data along, unless the session that had them was over before. */
function droppedOf({ dropped, endings, sessions }: Journals, lives: readonly Lived[]): readonly Violation[] {
  const ended = new Set(lives.flatMap(({ loggedOut }) => loggedOut?.session ?? []));
  return dropped.flatMap(({ session, by }): Violation[] => {
    const known = sessions.find((one) => one.session === session);
    const asked = endings.some((ending) => ending.how !== "replaced" && known !== undefined && concerns(ending, known));
    if (asked || ended.has(session)) return [];
    return [{ class: "lost-edit", about: session, message: `${by} took its place without its data` }];
  });
}

/** A refresh token has one successor, whoever is asked and however often. */
function successorsOf(exchanges: readonly Exchange[]): readonly Violation[] {
  return [...Map.groupBy(exchanges, ({ token }) => token).values()].flatMap((given): Violation[] => {
    const [first] = given;
    const other = given.find(({ successor }) => successor !== first?.successor);
    if (first === undefined || other === undefined) return [];
    const message = `${first.by} and ${other.by} gave two successors of ${first.token}`;
    return [{ class: "two-successors", about: first.session, message }];
  });
}

/** What a run has to have done, to be worth anything. */
export interface Floor {
  readonly logins: number;
  readonly endings: number;
  readonly edits: number;
  readonly exchanges: number;
}

/** Whether the run was one: what did not happen proves nothing. */
export function hollow({ sessions, faults, outages, endings, edits, exchanges }: Journals, floor: Floor): readonly string[] {
  const kinds = new Set([...faults, ...outages].map(({ kind }) => kind));
  const absent = (["kill", "stop", "restart", "failover", "rotation", "reload"] as const).filter((kind) => !kinds.has(kind));
  const hows = new Set(endings.filter(({ acknowledged }) => acknowledged).map(({ how }) => how));
  const unasked = (["logout", "everywhere", "revoke", "replaced"] as const).filter((how) => !hows.has(how));
  const counts = {
    logins: sessions.filter(({ kind }) => kind === "browser").length,
    endings: endings.length,
    edits: edits.filter(({ stored }) => stored).length,
    exchanges: exchanges.length,
  };
  const few = (["logins", "endings", "edits", "exchanges"] as const).filter((name) => counts[name] < floor[name]);
  return [
    ...absent.map((kind) => `there was no ${kind}`),
    ...unasked.map((how) => `no ${how} was acknowledged`),
    ...few.map((name) => `there were ${counts[name]} ${name}, not ${floor[name]}`),
  ];
}
