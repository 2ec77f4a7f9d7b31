/** `npm run bench -- refresh`: many access tokens expire at once; what a refresh costs, and what other users feel. */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { QUIET, Stolen } from "../harness/machine.ts";
import type { Running } from "../harness/measure.ts";
import { median } from "../harness/measure.ts";
import type { Findings, Goal, Row } from "../harness/report.ts";
import { atMost, rounded } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import { requestTo } from "../harness/stage.ts";
import type { Helper } from "../harness/talk.ts";
import { start } from "../harness/talk.ts";
import type { StormAnswer, StormQuestion } from "../load/storm-load.ts";
import type { Journal } from "../servers/rotating-provider.ts";
import { signInThrough, startGateway } from "../subjects/gateway.ts";

/** Requests a second of people whose tokens live. */
const RATE = 500;
/** Tokens of the others live a second; a round begins when they have run out. */
const UNTIL_RUN_OUT = 1_500;
/**
 * The paired window is as many times as long as that in which the tokens run out: the storm takes longer than that to
 * be over.
 */
const CALM = 3;
/** From the connections of a round to its first window. */
const SETTLE = 500;
/** A round in which the host took processors away is measured again, so many times as many rounds at most. */
const TRIES = 2;
/** Before anything counts: the code is compiled, connections to the provider are open. */
const WARM_UP = 2;

/** One window of one round. */
interface Window {
  readonly others: StormAnswer["others"];
  readonly storm: StormAnswer["storm"];
  /** Processor time of the gateway, microseconds. */
  readonly cpu: number;
  readonly seconds: number;
}

export interface Round {
  readonly before: Window;
  readonly during: Window;
  readonly journal: Journal;
  /** Of the processors in both windows. */
  readonly stolen: number;
}

interface Subject {
  readonly name: string;
  readonly server: Running;
  readonly rounds: Round[];
}

export interface JudgedSubject {
  readonly name: string;
  /** The quietest, which count. */
  readonly rounds: readonly Round[];
  readonly all: readonly Round[];
}

/**
 * The tokens of a thousand sessions run out within one second, and all of them come; meanwhile others ask as well.
 * Their p99 is compared with that of the window just before, and the provider counts the refresh tokens that it is
 * shown.
 */
export async function refreshBench(stage: Stage, only: RegExp): Promise<Findings> {
  const { storm, stormMillis, rounds } = stage.effort;
  const provider = await stage.start("the provider", "rotating-provider", [String(storm)]);
  const issuer = `http://127.0.0.1:${provider.port}`;
  const app = await stage.start("the app", "slow-upstream");
  const upstream = `http://127.0.0.1:${app.port}`;
  const load = start("the load", new URL("../load/storm-load.ts", import.meta.url), []);
  try {
    const subjects: Subject[] = [];
    for (const [name, store] of [
      ["memory", "memory:"],
      ["SQLite", `sqlite:${join(stage.directory, "refresh.db")}`],
    ] as const) {
      if (!only.test(name)) continue;
      const server = await startGateway(stage, name, { store, issuer, upstream });
      await prepare(load, server, await signInThrough(server, issuer, storm * 2), storm);
      subjects.push({ name, server, rounds: [] });
    }
    for (let round = -WARM_UP; round < rounds * TRIES; round++) {
      for (const subject of subjects) {
        if (quiet(subject).length >= rounds) continue;
        await setTimeout(UNTIL_RUN_OUT);
        const found = await oneRound(load, subject.server, provider.helper, stormMillis);
        if (round >= 0) subject.rounds.push(found);
      }
    }
    const judged = subjects.map((subject) => ({ ...subject, rounds: quietest(subject, rounds), all: subject.rounds }));
    return refreshFindings(judged, storm);
  } finally {
    await load.stop();
  }
}

/** @param sessions whose tokens ran out in each round */
export function refreshFindings(judged: readonly JudgedSubject[], sessions: number): Findings {
  return { rows: judged.flatMap(rowsOf), goals: judged.flatMap((subject) => goalsOf(subject, sessions)) };
}

const quiet = ({ rounds }: Subject): readonly Round[] => rounds.filter(({ stolen }) => stolen <= QUIET);

/** Chosen by what the host took away and by nothing else; in the order in which they were measured. */
function quietest({ rounds }: Subject, most: number): Round[] {
  const chosen = new Set(rounds.toSorted((a, b) => a.stolen - b.stolen).slice(0, most));
  return rounds.filter((round) => chosen.has(round));
}

async function prepare(
  load: Pick<Helper, "ask">,
  { name, port }: Running,
  credentials: readonly string[],
  storm: number,
): Promise<void> {
  const requests = credentials.map((line) => requestTo("/projects/alpha?page=2", "accept: text/html", "user-agent: bench", line));
  await asked(load, { kind: "prepare", name, port, storm: requests.slice(0, storm), others: requests.slice(storm) });
}

async function oneRound(
  load: Pick<Helper, "ask">,
  { name, helper }: Running,
  provider: Pick<Helper, "ask">,
  lasts: number,
): Promise<Round> {
  const window = async (kind: "calm" | "storm"): Promise<Window> => {
    const before = await helper.ask<number>("cpu");
    const length = kind === "calm" ? lasts * CALM : lasts;
    const { others, storm, seconds } = await asked(load, { kind, name, lasts: length, rate: RATE });
    return { others, storm, seconds, cpu: (await helper.ask<number>("cpu")) - before };
  };
  await asked(load, { kind: "open", name });
  // The gateway may still be taking them.
  await setTimeout(SETTLE);
  await provider.ask<Journal>("journal");
  const stolen = new Stolen();
  const before = await window("calm");
  const during = await window("storm");
  const share = stolen.share() ?? 0;
  await asked(load, { kind: "close", name });
  return { before, during, journal: await provider.ask<Journal>("journal"), stolen: share };
}

async function asked(load: Pick<Helper, "ask">, question: StormQuestion): Promise<StormAnswer> {
  const answer = await load.ask<StormAnswer>(question);
  if (answer.error !== "") throw new Error(`the load failed: ${answer.error}`);
  return answer;
}

function rowsOf({ name, rounds }: JudgedSubject): readonly Row[] {
  const middle = (of: (round: Round) => number): number => rounded(median(rounds.map(of)));
  const row = (what: string, of: (round: Round) => Window): Row => ({
    name: `${name}, others ${what}`,
    rate: middle((round) => of(round).others.count / of(round).seconds),
    cpuMicros: middle((round) => of(round).cpu / (of(round).others.count + of(round).storm.count)),
    addedMicros: null,
    ofBare: null,
    p50Millis: middle((round) => of(round).others.p50),
    p99Millis: middle((round) => of(round).others.p99),
  });
  return [
    row("before", ({ before }) => before),
    row("in the storm", ({ during }) => during),
    {
      name: `${name}, refreshes`,
      rate: middle(({ journal }) => journal.refreshes / journal.seconds),
      cpuMicros: middle((round) => ofRefreshes(round) / round.journal.refreshes),
      addedMicros: null,
      ofBare: null,
      p50Millis: middle(({ during }) => during.storm.p50),
      p99Millis: middle(({ during }) => during.storm.p99),
    },
  ];
}

/**
 * Processor time over that which as many requests took before, when no user's tokens ran out: what refreshing adds to
 * them.
 */
const ofRefreshes = ({ before, during }: Round): number =>
  during.cpu - (before.cpu * (during.others.count + during.storm.count)) / before.others.count;

function goalsOf({ name, rounds, all }: JudgedSubject, sessions: number): readonly Goal[] {
  const growth = median(rounds.map(({ before, during }) => during.others.p99 / before.others.p99 - 1));
  const exact = all.every(({ journal }) => journal.refreshes === sessions && journal.refused === 0);
  const refreshes = all.reduce((sum, { journal }) => sum + journal.refreshes + journal.refused, 0) / (all.length * sessions);
  const cost = median(rounds.map((round) => ofRefreshes(round) / round.journal.refreshes));
  return [
    atMost(`${name}, CPU µs a refresh`, rounded(cost), 800),
    { name: `${name}, refreshes per session, in every round`, value: rounded(refreshes), goal: "= 1", met: exact },
    { name: `${name}, p99 growth for others`, value: rounded(growth), goal: "< 0.25", met: growth < 0.25 },
  ];
}
