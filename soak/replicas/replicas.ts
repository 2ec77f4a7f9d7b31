/** `npm run soak -- replicas`: replicas behind HAProxy on one store, users, faults, and the judgement. */
import { setTimeout as sleep } from "node:timers/promises";
import { keepJournals, settled, unless } from "../outcome.ts";
import { randomOf } from "../random.ts";
import { strike } from "../refresh/faults.ts";
import type { Journals, Outage } from "./journal.ts";
import { hollow, judge } from "./judge.ts";
import { strikeAll } from "./outages.ts";
import { outcriesOf } from "./outcries.ts";
import { closingLine, losses, table } from "./report.ts";
import { type Stage, setStage } from "./stage.ts";
import type { StoreName } from "./stores/run-store.ts";
import { Client, type Plant } from "./users/client.ts";
import { Device } from "./users/device.ts";
import { Diary } from "./users/diary.ts";

export interface ReplicasOptions {
  readonly store: StoreName;
  readonly minutes: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
  /** Changes what users send; for tests that plant a fault. */
  readonly plant?: Plant;
}

const PEOPLE = 5;
const DEVICES = 2;
/** Between two faults of gateways, of apps, and of what all share, on average, milliseconds. */
const OFTEN = { gateways: 5_000, apps: 11_000, shared: 4_000 };
const PROGRESS = 10_000;
/** Answers that the provider keeps back, and the last lines of logs, are here by then. */
const QUIET = 3_000;

/** Plays one run. Answers whether all held. */
export async function soakReplicas(options: ReplicasOptions): Promise<boolean> {
  const { store, minutes, seed, print } = options;
  print(`soak replicas: seed ${seed}, store ${store}, ${minutes} minutes, ${PEOPLE * DEVICES} browsers of ${PEOPLE} users`);
  await using stage = await setStage({ seed, store });
  const begun = performance.now();
  const diary = new Diary();
  const client = new Client(stage.balancer.port, stage.host, options.plant);
  const outages: Outage[] = [];
  const seconds = (): number => (performance.now() - begun) / 1_000;
  const progress = setInterval(() => print(progressLine(stage, diary, outages, seconds())), PROGRESS);
  try {
    await live(stage, { client, diary, outages }, options);
    await sleep(QUIET);
    const journals = gather(stage, diary, outages);
    return conclude(journals, { client, seconds: seconds() }, options);
  } finally {
    clearInterval(progress);
    client.close();
  }
}

interface Acting {
  readonly client: Client;
  readonly diary: Diary;
  readonly outages: Outage[];
}

/** Users and faults at the same time. When the faults are over, all users look once more. */
async function live(stage: Stage, { client, diary, outages }: Acting, { minutes, seed, signal }: ReplicasOptions): Promise<void> {
  const { gateways, apps, provider, lease } = stage;
  const [late, over] = [new AbortController(), new AbortController()];
  const timer = setTimeout(() => late.abort(), minutes * 60_000);
  const devices = Array.from({ length: PEOPLE * DEVICES }, (_, index) => {
    const account = `user-${index % PEOPLE}`;
    return new Device(`${account}.${Math.floor(index / PEOPLE)}`, account, {
      client,
      diary,
      random: randomOf(seed, `device ${index}`),
    });
  });
  const ends = AbortSignal.any([signal, over.signal]);
  const striking = (some: Stage["gateways"], name: "gateways" | "apps") =>
    strike(some, randomOf(seed, name), { lease, often: OFTEN[name], moments: provider, signal: ends });
  // The run is over when its time is, and each fault came once.
  const shared = strikeAll(stage, outages, OFTEN.shared, AbortSignal.any([signal, late.signal]));
  const works = [...devices.map((device) => device.live(ends)), striking(gateways, "gateways"), striking(apps, "apps")];
  const whichever = await unless(signal, Promise.race([settled(shared), settled(Promise.all(works))]));
  clearTimeout(timer);
  over.abort();
  const all = await unless(signal, Promise.all([...works, shared].map(settled)));
  const failure = [whichever, ...all].find((end) => end !== null && end.name !== "AbortError");
  if (failure != null) throw failure;
  await Promise.all(devices.map((device) => device.lookBack()));
}

function gather({ lease, provider, records, gateways, apps }: Stage, diary: Diary, outages: readonly Outage[]): Journals {
  const outcries = outcriesOf(records.lines, [...gateways, ...apps]);
  return { lease, uses: provider.uses, ...records, outages, outcries, ...diary };
}

function conclude(
  journals: Journals,
  counts: { client: Client; seconds: number },
  { store, minutes, print }: ReplicasOptions,
): boolean {
  const verdict = judge(journals);
  const weight = Math.min(1, minutes);
  const floor = { logins: 20 * weight, endings: 15 * weight, edits: 100 * weight, exchanges: 20 * weight };
  const empty = hollow(journals, floor);
  print(`\n${table(journals, verdict, counts)}`);
  if (verdict.loggedOut.length > 0) print(`\nsessions that ended unasked:\n${losses(verdict)}`);
  for (const { class: kind, about, message } of verdict.violations) print(`\nVIOLATION (${kind}) ${about}: ${message}`);
  for (const message of empty) print(`\nHOLLOW: ${message}`);
  const holds = verdict.violations.length === 0 && empty.length === 0;
  if (!holds) print(`\nthe journals are in ${keepJournals({ ...journals, grants: [...journals.grants] })}`);
  print(`\n${closingLine(store, journals, verdict, counts)}`);
  return holds;
}

function progressLine(
  { records }: Stage,
  { steps, sessions, answers }: Diary,
  outages: readonly Outage[],
  seconds: number,
): string {
  const kills = records.faults.filter(({ kind }) => kind === "kill").length;
  const last = outages.at(-1)?.what ?? "no outage yet";
  const refused = answers.filter(({ kind }) => kind === "signed-out").length;
  return `${String(Math.round(seconds)).padStart(5)} s  steps ${steps}, sessions ${sessions.length}, 401 ${refused}, kills ${kills}, stops ${records.faults.length - kills}, outages ${outages.length} (${last})`;
}
