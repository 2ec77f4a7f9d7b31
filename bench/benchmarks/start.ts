/** How long the gateway takes from its start to its first answer, and what it keeps of memory when nothing happens. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { FULL, median } from "../harness/measure.ts";
import type { Findings, Goal, Row } from "../harness/report.ts";
import { atMost, rounded } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import { buildOurs, OURS, startOurs } from "../subjects/peers.ts";
import { CALM, type Started, startBareServer } from "../subjects/programs.ts";

const BARE = "node:http";
/** Each start is cold but for the files that the system has read, and those of V8's that the one before has kept. */
const STARTS = 7;

/** Each program is started again and again, in turns; the first start of each, which fills caches, does not count. */
export async function startBench(stage: Stage, only: RegExp): Promise<Findings> {
  const full = stage.effort.warmUp >= FULL.warmUp / 4;
  if (full) buildOurs();
  const app = await stage.start("the app", "upstream");
  const provider = await stage.start("the provider", "provider");
  const world = { upstream: `http://127.0.0.1:${app.port}`, issuer: `http://127.0.0.1:${provider.port}` };
  const programs: ReadonlyMap<string, () => Promise<Started>> = new Map([
    [BARE, () => startBareServer(stage, BARE)],
    [OURS, () => startOurs(stage, OURS, world, "memory:", full)],
    ["coatcheck, SQLite", () => startOurs(stage, "coatcheck, SQLite", world, `sqlite:${join(stage.directory, newName())}`, full)],
  ]);
  const chosen = [...programs].filter(([name]) => only.test(name)).map(([name, start]) => ({ name, start, found: [] as Seen[] }));
  for (let round = full ? -1 : 0; round < (full ? STARTS : 1); round++) {
    for (const { start, found } of chosen) {
      const seen = await watch(await start(), full ? CALM : 1);
      if (round >= 0) found.push(seen);
    }
  }
  const rows = chosen.map(({ name, found }) => rowOf(name, found));
  return { rows, goals: startGoals(rows) };
}

export function startGoals(rows: readonly Row[]): readonly Goal[] {
  const ours = rows.find(({ name }) => name === OURS);
  return [
    ...(ours?.startMillis === undefined ? [] : [atMost("from start to the first answer, ms", ours.startMillis, 250)]),
    ...(ours?.idleMegabytes === undefined ? [] : [atMost("idle, MB", ours.idleMegabytes, 70)]),
  ];
}

interface Seen {
  readonly startMillis: number;
  /** Processor time until then. */
  readonly micros: number;
  readonly residentBytes: number;
}

async function watch({ helper, startMillis }: Started, calm: number): Promise<Seen> {
  const { micros } = helper.used();
  await new Promise((resolve) => setTimeout(resolve, calm));
  const { residentBytes } = helper.used();
  await helper.stop();
  return { startMillis, micros, residentBytes };
}

const newName = (): string => `${randomBytes(8).toString("hex")}.db`;

/** The request is the start: its rate is how many would fit into a second, and its processor time is the start's. */
function rowOf(name: string, found: readonly Seen[]): Row {
  const startMillis = Math.round(median(found.map((seen) => seen.startMillis)));
  return {
    name,
    rate: rounded(1_000 / startMillis),
    cpuMicros: median(found.map(({ micros }) => micros)),
    addedMicros: null,
    ofBare: null,
    idleMegabytes: Math.round(median(found.map(({ residentBytes }) => residentBytes)) / 1e5) / 10,
    startMillis,
  };
}
