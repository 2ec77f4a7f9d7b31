/** `npm run soak -- refresh`: gateways, users and faults at once, and the judgement of their journals. */
import { setTimeout as sleep } from "node:timers/promises";
import { keepJournals, settled, unless } from "../outcome.ts";
import { randomOf } from "../random.ts";
import { strike } from "./faults.ts";
import type { Journals } from "./journal.ts";
import { hollow, judge, type Verdict } from "./judge.ts";
import { type Counts, closingLine, losses, table, traceOf } from "./report.ts";
import { Stage } from "./stage.ts";
import { type Diary, User } from "./user.ts";

export interface RefreshOptions {
  readonly expiries: number;
  readonly users: number;
  readonly seed: number;
  /** Milliseconds between two faults, on average. */
  readonly often: number;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

const PROGRESS = 5_000;
/** Answers that the provider keeps back, and the last lines of logs, are here by then. */
const QUIET = 2_000;

/** Three gateways, users around every expiry, faults all the while. Answers whether all held. */
export async function soakRefresh(options: RefreshOptions): Promise<boolean> {
  const { expiries, users, seed, often, print } = options;
  print(`soak refresh: seed ${seed}, ${expiries} expiries over ${users} users at a time, a fault about every ${often / 1_000} s`);
  const stage = await Stage.set(seed);
  const begun = performance.now();
  const diary: Diary = { sessions: [], answers: [], expiries: 0, requests: 0 };
  const progress = setInterval(() => print(progressLine(stage, diary, performance.now() - begun)), PROGRESS);
  try {
    await live(stage, diary, options);
    await sleep(QUIET);
    const journals = await gather(stage, diary);
    const { sent, broken, postponed, longest } = stage.fleet;
    const seconds = (performance.now() - begun) / 1_000;
    const counts = { expiries: diary.expiries, requests: diary.requests, sent, broken, postponed, longest, seconds };
    return conclude(journals, counts, options);
  } finally {
    clearInterval(progress);
    await stage.clear();
  }
}

/** Users and faults at the same time; faults end when the users are done, and then all users look once more. */
async function live(stage: Stage, diary: Diary, { expiries, users, seed, often, signal }: RefreshOptions): Promise<void> {
  const { fleet, provider, lease } = stage;
  const done = new AbortController();
  const over = AbortSignal.any([signal, done.signal]);
  const people = Array.from(
    { length: users },
    (_, index) => new User(`u${index + 1}`, fleet, diary, randomOf(seed, `user ${index}`)),
  );
  const lives = people.map((user, index) => user.live(shareOf(expiries, users, index), over));
  const faults = strike(fleet.gateways, randomOf(seed, "faults"), { lease, often, moments: provider, signal: over });
  const whichever = await unless(signal, Promise.race([settled(Promise.all(lives)), settled(faults)]));
  done.abort();
  const ends = await unless(signal, Promise.all([...lives, faults].map(settled)));
  const failure = [whichever, ...ends].find((end) => end !== null && end.name !== "AbortError");
  if (failure != null) throw failure;
  await Promise.all(people.map((user) => user.lookBack()));
}

/** Each user's part of all expiries. */
const shareOf = (all: number, users: number, index: number): number => Math.floor(all / users) + (index < all % users ? 1 : 0);

async function gather(stage: Stage, { sessions, answers }: Diary): Promise<Journals> {
  const { lease, provider, records } = stage;
  return { lease, uses: provider.uses, ...records, sessions, answers, stored: await stage.stored(sessions) };
}

function conclude(journals: Journals, counts: Counts, { expiries, print }: RefreshOptions): boolean {
  const verdict = judge(journals);
  print(`\n${table(journals, verdict, counts)}`);
  if (verdict.loggedOut.length > 0) print(`\nlost sessions\n${losses(verdict)}`);
  const nothing = hollow(journals, verdict, counts.expiries);
  if (nothing.length > 0) print(`\nthis run proves nothing: ${nothing.join("; ")}`);
  const holds = verdict.violations.length === 0 && nothing.length === 0 && counts.expiries >= expiries;
  if (verdict.violations.length > 0) accuse(journals, verdict, print);
  print(`\n${closingLine(journals, verdict, counts)}`);
  return holds;
}

/** Says what went wrong, with what led to it, and keeps the journals; they hold no token. */
function accuse(journals: Journals, { violations }: Verdict, print: (text: string) => void): void {
  print(`\nviolations ${violations.length}`);
  for (const { session, message } of violations) print(`  ${session}: ${message}`);
  for (const session of new Set(violations.map((violation) => violation.session).slice(0, 5))) {
    print(`\n  what is known of ${session}\n${traceOf(session, journals)}`);
  }
  print(`\n  all journals: ${keepJournals(journals)}`);
}

function progressLine({ records, provider }: Stage, { expiries, requests, answers }: Diary, milliseconds: number): string {
  const kills = records.faults.filter(({ kind }) => kind === "kill").length;
  const reuse = provider.uses.filter(({ outcome }) => outcome === "reuse").length;
  const time = `${Math.round(milliseconds / 1_000)} s`.padStart(6);
  const stops = records.faults.length - kills;
  return `${time}  expiries ${expiries}, requests ${requests}, kills ${kills}, stops ${stops}, reuse ${reuse}, refused ${answers.length}`;
}
