/** `npm run soak -- replicas`: replicas behind HAProxy on one store, users, faults, and the judgement. */
import { keepJournals, settled } from "../outcome.ts";
import { randomOf } from "../random.ts";
import { strike } from "../refresh/faults.ts";
import type { Outage } from "./journal.ts";
import { hollow, judge } from "./judge.ts";
import { strikeAll } from "./outages.ts";
import { BROWSERS, type Played, play } from "./play.ts";
import { closingLine, losses, table } from "./report.ts";
import { type Stage, setStage } from "./stage.ts";
import type { StoreName } from "./stores/run-store.ts";
import type { Diary } from "./users/diary.ts";

export interface ReplicasOptions {
  readonly store: StoreName;
  readonly minutes: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/** Between two faults of gateways, of apps, and of what all share, on average, milliseconds. */
const OFTEN = { gateways: 5_000, apps: 11_000, shared: 4_000 };
const PROGRESS = 10_000;
/** Answers that the provider keeps back, and the last lines of logs, are here by then, milliseconds. */
const QUIET = 3_000;

/** Plays one run. Answers whether all held. */
export async function soakReplicas(options: ReplicasOptions): Promise<boolean> {
  const { store, minutes, seed, signal, print } = options;
  print(`soak replicas: seed ${seed}, store ${store}, ${minutes} minutes, ${BROWSERS} browsers`);
  await using stage = await setStage({ seed, store });
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1_000;
  const meanwhile = async (outages: Outage[], diary: Diary): Promise<void> => {
    const progress = setInterval(() => print(progressLine(stage, diary, outages, seconds())), PROGRESS);
    await faults(stage, outages, options).finally(() => clearInterval(progress));
  };
  const played = await play(stage, { seed, signal, meanwhile, quiet: QUIET });
  return conclude(played, seconds(), options);
}

/** Strikes processes, and what they share, until the time is over and each fault came once. */
async function faults(stage: Stage, outages: Outage[], { minutes, seed, signal }: ReplicasOptions): Promise<void> {
  const { gateways, apps, provider, lease } = stage;
  const [late, over] = [AbortSignal.timeout(minutes * 60_000), new AbortController()];
  const ends = AbortSignal.any([signal, over.signal]);
  const striking = (some: readonly Stage["gateways"][number][], name: "gateways" | "apps"): Promise<void> => {
    return strike(some, randomOf(seed, name), { lease, often: OFTEN[name], moments: provider, signal: ends });
  };
  const shared = strikeAll(stage, outages, { pause: OFTEN.shared, late, over: ends });
  const works = [shared, striking(gateways, "gateways"), striking(apps, "apps")];
  // One that fails ends the others.
  const all = await Promise.all(works.map((work) => settled(work.finally(() => over.abort()))));
  const failure = all.find((end) => end !== null);
  if (failure != null) throw failure;
}

function conclude({ failure, journals, client }: Played, seconds: number, { store, minutes, print }: ReplicasOptions): boolean {
  const verdict = judge(journals);
  const weight = Math.min(1, minutes);
  const floor = { logins: 20 * weight, endings: 15 * weight, edits: 100 * weight, exchanges: 20 * weight };
  const empty = hollow(journals, floor);
  const counts = { client, seconds };
  print(`\n${table(journals, verdict, counts)}`);
  if (verdict.loggedOut.length > 0) print(`\nsessions that ended unasked:\n${losses(verdict)}`);
  for (const { class: kind, about, message } of verdict.violations) print(`\nviolation (${kind}) of ${about}: ${message}`);
  if (empty.length > 0) print(`\nthis run proves nothing: ${empty.join("; ")}`);
  if (failure !== null) print(`\nthe run broke off: ${failure.message}`);
  const holds = failure === null && verdict.violations.length === 0 && empty.length === 0;
  if (!holds) print(`\nall journals: ${keepJournals({ ...journals, grants: [...journals.grants] })}`);
  print(`\n${closingLine(store, journals, verdict, counts)}`);
  return holds;
}

function progressLine({ records }: Stage, diary: Diary, outages: readonly Outage[], seconds: number): string {
  const kills = records.faults.filter(({ kind }) => kind === "kill").length;
  const stops = records.faults.length - kills;
  const refused = diary.answers.filter(({ kind }) => kind === "signed-out").length;
  return [
    `${String(Math.round(seconds)).padStart(5)} s  steps ${diary.steps}`,
    `sessions ${diary.sessions.length}`,
    `signed out ${refused}`,
    `kills ${kills}`,
    `stops ${stops}`,
    `outages ${outages.length} (${outages.at(-1)?.what ?? "none"})`,
  ].join(", ");
}
