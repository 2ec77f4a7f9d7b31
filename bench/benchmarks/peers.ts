/** The gateway beside what operators use today: one provider, one app, one run. */
import { request } from "undici";
import type { Effort } from "../harness/measure.ts";
import { FULL, median } from "../harness/measure.ts";
import type { Findings, Goal, Row } from "../harness/report.ts";
import { atMost, rounded } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import { requestTo } from "../harness/stage.ts";
import type { Helper } from "../harness/talk.ts";
import { start } from "../harness/talk.ts";
import type { PeersAnswer, PeersQuestion } from "../load/peers-load.ts";
import type { Subject } from "../subjects/peers.ts";
import { buildOurs, OURS, startOurs, startSubjects, THEIRS } from "../subjects/peers.ts";
import { CALM } from "../subjects/programs.ts";

/** What is asked for, and by how many connections. */
interface Workload {
  readonly name: string;
  /** Bytes of the answer; 0: whether a user may pass. */
  readonly bytes: number;
  readonly connections: number;
  /** Of oauth2-proxy's processor time. */
  readonly goal: number;
  /** It is also asked for at a low rate, to see how long answers take. */
  readonly paced?: true;
}

const WORKLOADS: readonly Workload[] = [
  { name: "check", bytes: 0, connections: 16, goal: 0.2, paced: true },
  { name: "1 KiB", bytes: 1_024, connections: 16, goal: 0.2, paced: true },
  { name: "64 KiB", bytes: 65_536, connections: 16, goal: 0.25 },
  { name: "10 MB", bytes: 10_000_000, connections: 2, goal: 1 },
];
/** A window is so many times as long as in the other benchmarks: a large answer takes milliseconds. */
const WINDOWS = 2;
/** How long each program is warmed up at most, in seconds. */
const LONGEST_WARM_UP = 4;
const RATE = 1_000;
const PACED_MILLIS = 2_000;
const PEOPLE = 20;

interface Figures {
  readonly micros: number[];
  readonly rates: number[];
  readonly p50: number[];
  readonly p99: number[];
}

interface Measured {
  readonly subject: Subject;
  readonly workload: Workload;
  /** How many requests fill a window. */
  readonly count: number;
  readonly figures: Figures;
}

/**
 * Processor time for each request, how long answers take at an equal low load, memory, and the time to the first
 * answer.
 */
export async function peersBench(stage: Stage, only: RegExp): Promise<Findings> {
  const full = stage.effort.warmUp >= FULL.warmUp / 4;
  if (full) buildOurs();
  const app = await stage.start("the app", "upstream");
  const provider = await stage.start("the provider", "provider");
  const world = { upstream: `http://127.0.0.1:${app.port}`, issuer: `http://127.0.0.1:${provider.port}` };
  const load = start("the load", new URL("../load/peers-load.ts", import.meta.url), []);
  stage.adopt(load);
  // The first start after a build fills caches and does not count, as in `start`.
  if (full) {
    const first = await calmed(await startOurs(stage, "a first start", world, "memory:", true));
    await first.helper.stop();
  }
  const subjects = await startSubjects(stage, world, only, full ? PEOPLE : 2, full);
  if (full) await calmed(subjects);
  const idle = new Map(subjects.map(({ started }) => [started.name, started.helper.used().residentBytes]));
  const found: Measured[] = [];
  for (const workload of WORKLOADS) {
    const ready: Measured[] = [];
    for (const subject of subjects.filter(({ check, isFloor }) => (workload.bytes > 0 ? !isFloor : check !== undefined))) {
      const count = await orLeftOut(subject, () => sized(load, subject, workload, stage.effort));
      if (count === undefined) continue;
      ready.push({ subject, workload, count, figures: { micros: [], rates: [], p50: [], p99: [] } });
    }
    for (let round = 0; round < stage.effort.rounds; round++) {
      for (const one of ready) await orLeftOut(one.subject, () => window(load, one, full ? PACED_MILLIS : 40));
    }
    found.push(...ready);
  }
  const rows = found
    .filter(({ figures }) => figures.micros.length > 0)
    .map((one) => rowOf(one, idle.get(one.subject.started.name) ?? 0));
  return { rows, goals: peersGoals(rows) };
}

/** When what only the start needed has been given back. */
async function calmed<Started>(started: Started): Promise<Started> {
  await new Promise((resolve) => setTimeout(resolve, CALM));
  return started;
}

/** A failure of those that no goal is about is told, and what failed is left out: it answers nothing. */
async function orLeftOut<Answer>({ started: { name } }: Subject, work: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await work();
  } catch (error) {
    if (name === OURS || name === THEIRS) throw error;
    process.stderr.write(`left out: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

function questionFor({ started, lines, cookies, check }: Subject, { bytes, connections }: Workload): PeersQuestion {
  const asks = bytes === 0 ? check : undefined;
  const path = asks?.path ?? `/bytes/${bytes}`;
  const requests = cookies.map((cookie) =>
    requestTo(path, ...(asks?.lines ?? []), "accept: text/html", "user-agent: bench", ...lines, cookie).replace(
      "host: app.example.com\r\n",
      "",
    ),
  );
  return { port: started.port, connections, requests };
}

async function asked(load: Helper, subject: Subject, question: PeersQuestion): Promise<PeersAnswer> {
  const answer = await load.ask<PeersAnswer>(question);
  if (answer.error !== "") throw new Error(`${subject.started.name}: ${answer.error}\n${subject.started.helper.said}`);
  return answer;
}

/** Works until what compiles itself has done so, in any program. Answers how many requests fill a window. */
async function sized(load: Helper, subject: Subject, workload: Workload, effort: Effort): Promise<number> {
  await verify(subject, workload);
  const question = questionFor(subject, workload);
  let count = workload.connections;
  for (let seconds = 0, sent = 0; ; ) {
    const took = (await asked(load, subject, { ...question, count })).seconds;
    seconds += took;
    sent += count;
    const perWindow = Math.max(workload.connections, Math.round((count / took) * effort.windowSeconds * WINDOWS));
    if (sent >= effort.warmUp || seconds >= LONGEST_WARM_UP) return perWindow;
    count = Math.min(perWindow, effort.warmUp);
  }
}

async function window(load: Helper, { subject, workload, count, figures }: Measured, pacedMillis: number): Promise<void> {
  const question = questionFor(subject, workload);
  await asked(load, subject, { ...question, count: Math.ceil(count / 2) });
  const before = subject.started.helper.used().micros;
  const { seconds } = await asked(load, subject, { ...question, count });
  figures.micros.push((subject.started.helper.used().micros - before) / count);
  figures.rates.push(count / seconds);
  if (!workload.paced) return;
  const steady = await asked(load, subject, { ...question, connections: 64, rate: RATE, lasts: pacedMillis });
  figures.p50.push(steady.p50);
  figures.p99.push(steady.p99);
}

/** A program that lets anonymous callers pass would be quick. */
async function verify(subject: Subject, { bytes }: Workload): Promise<void> {
  if (subject.isFloor) return;
  const { started, lines, check, cookies } = subject;
  const path = bytes === 0 ? (check?.path ?? "/") : "/bytes/1";
  const headers = [...lines, ...(bytes === 0 ? (check?.lines ?? []) : [])].flatMap((line) => {
    const cut = line.indexOf(": ");
    return [line.slice(0, cut), line.slice(cut + 2)];
  });
  const anonymous = await request(`http://127.0.0.1:${started.port}${path}`, { headers });
  const known = await request(`http://127.0.0.1:${started.port}${path}`, {
    headers: [...headers, "cookie", (cookies[0] ?? "").slice("cookie: ".length)],
  });
  await Promise.all([anonymous.body.dump(), known.body.dump()]);
  if (anonymous.statusCode < 300 || known.statusCode >= 300) {
    throw new Error(
      `${started.name} answers an anonymous caller ${anonymous.statusCode} and an authenticated user ${known.statusCode}`,
    );
  }
}

function rowOf({ subject: { started }, workload, figures: { micros, rates, p50, p99 } }: Measured, idle: number): Row {
  const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
  return {
    name: `${started.name}: ${workload.name}`,
    rate: Math.round(median(rates)),
    cpuMicros: rounded(median(micros)),
    addedMicros: null,
    ofBare: null,
    ...(p50.length === 0 ? {} : { p50Millis: rounded(median(p50)), p99Millis: rounded(median(p99)) }),
    idleMegabytes: megabytes(idle),
    loadMegabytes: megabytes(started.helper.used().residentBytes),
    startMillis: Math.round(started.startMillis),
  };
}

export function peersGoals(rows: readonly Row[]): readonly Goal[] {
  const goals: Goal[] = [];
  const own = rows.find(({ name }) => name.startsWith(`${OURS}: `));
  if (own?.startMillis !== undefined) goals.push(atMost("from start to the first answer, ms", own.startMillis, 250));
  for (const { name, goal } of WORKLOADS) {
    const ours = rows.find((row) => row.name === `${OURS}: ${name}`);
    const theirs = rows.find((row) => row.name === `${THEIRS}: ${name}`);
    if (ours === undefined || theirs === undefined) continue;
    goals.push(atMost(`${name}, processor time of oauth2-proxy's`, ours.cpuMicros / theirs.cpuMicros, goal));
    if (ours.p99Millis === undefined || theirs.p99Millis === undefined) continue;
    goals.push(atMost(`${name}, p99 of oauth2-proxy's at ${RATE} requests a second`, ours.p99Millis / theirs.p99Millis, 1));
  }
  return goals;
}
