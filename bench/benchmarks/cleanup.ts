/** A store of which nearly all rows are dead is swept while another process reads the live ones. */
import { findServer } from "../../tools/suite/servers.ts";
import type { Findings } from "../harness/report.ts";
import { atMost, rounded } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import { DEAD } from "../servers/coatcheck/dead-rows.ts";
import type { CleanupFigures, Filled } from "../servers/coatcheck/measure-cleanup.ts";

/** What a store came to. */
export interface Cleaned extends Omit<CleanupFigures, "own"> {
  /** How many rows were dead. */
  readonly dead: number;
  /** Milliseconds of a look-up by another process, at the 99th of a hundred: before the sweep, and meanwhile. */
  readonly usual: number;
  readonly meanwhile: number;
  /** The same of look-ups in the process that sweeps, each from the moment at which it was due. */
  readonly ownUsual: number;
  readonly ownMeanwhile: number;
}

/** Milliseconds for which look-ups are measured before the sweep. */
const BEFORE = 10_000;

export async function cleanupBench(stage: Stage, only: RegExp): Promise<Findings> {
  const all: Findings[] = [];
  if (only.test("SQLite")) all.push(cleanupFindings("SQLite", await cleaned(stage, "sqlite")));
  // A machine without a server has the rest all the same.
  const hasPostgres = findServer("postgresql") !== undefined;
  if (hasPostgres && only.test("PostgreSQL")) all.push(cleanupFindings("PostgreSQL", await cleaned(stage, "postgres")));
  return { rows: all.flatMap(({ rows }) => rows), goals: all.flatMap(({ goals }) => goals) };
}

async function cleaned(stage: Stage, kind: "sqlite" | "postgres"): Promise<Cleaned> {
  const { sessions } = stage.effort;
  const module = (file: string): URL => new URL(`../servers/coatcheck/${file}`, import.meta.url);
  const sweeper = stage.run(`the sweep of ${kind}`, module("measure-cleanup.ts"), [String(sessions), stage.directory, kind]);
  const { where, ids } = await sweeper.listen<Filled>();
  const reader = stage.run(`the reader of ${kind}`, module("read-rows.ts"), [kind, where]);
  await reader.listen<string>();
  const read = (millis: number) => reader.ask<readonly number[]>({ ids, millis });
  await read(1_000);
  // Usual is a store in use: the other process touches a row now and then.
  const [usual, own] = await Promise.all([read(BEFORE), sweeper.ask<readonly number[]>({ touch: BEFORE })]);
  let over = false;
  const sweeping = sweeper.ask<CleanupFigures>("sweep").finally(() => {
    over = true;
  });
  const meanwhile: number[] = [];
  while (!over) meanwhile.push(...(await read(500)));
  const figures = await sweeping;
  await reader.stop();
  await sweeper.ask<null>("end");
  await sweeper.stop();
  const { own: ownMeanwhile, ...rest } = figures;
  const others = { usual: p99(usual), meanwhile: p99(meanwhile) };
  return { ...rest, ...others, dead: sessions * DEAD, ownUsual: p99(own), ownMeanwhile: p99(ownMeanwhile) };
}

const p99 = (millis: readonly number[]): number => millis.toSorted((a, b) => a - b)[Math.floor(millis.length * 0.99)] ?? 0;

/** What is judged of it. */
export function cleanupFindings(name: string, found: Cleaned): Findings {
  const { deleted, dead, lost, seconds, usual, meanwhile, ownUsual, ownMeanwhile } = found;
  const counted = dead.toLocaleString("en-GB");
  const micros = (seconds * 1e6) / deleted;
  const row = { rate: Math.round(deleted / seconds), cpuMicros: rounded(micros), addedMicros: null, ofBare: null };
  const rest = { rate: 0, cpuMicros: 0, addedMicros: null, ofBare: null };
  return {
    rows: [
      { name: `${name}, a row of ${counted} dead ones, pauses included`, ...row, p99Millis: rounded(meanwhile) },
      { name: `${name}, look-ups before`, ...rest, p99Millis: rounded(usual) },
      { name: `${name}, look-ups of the sweeping process`, ...rest, p99Millis: rounded(ownMeanwhile) },
      { name: `${name}, look-ups of that process before`, ...rest, p99Millis: rounded(ownUsual) },
    ],
    goals: [
      atMost(`${name}, dead rows of ${counted} that stay`, dead - deleted, 0),
      atMost(`${name}, live rows that are lost`, lost, 0),
      atMost(`${name}, p99 of a look-up meanwhile, of the usual one`, meanwhile / usual, 2),
      atMost(`${name}, p99 of a look-up by the process that sweeps, of the usual one`, ownMeanwhile / ownUsual, 2),
    ],
  };
}
