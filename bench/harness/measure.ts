/** How everything is measured: rounds of paired windows, the processor time of each, and medians over them. */
import type { Load } from "../load/load.ts";
import type { Row } from "./report.ts";
import { rounded } from "./report.ts";
import type { Helper } from "./talk.ts";

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /**
   * How often a server that is judged is started. Two processes of one program differ by as much as a session costs,
   * for as long as they run: by where their memory lies and what was compiled when. The rounds take turns among them.
   */
  readonly instances: number;
  /** The same for gateways, which do more for a request and differ more. */
  readonly gateways: number;
  readonly sessions: number;
  /** In stores whose users do not come again soon: more than any cache keeps. */
  readonly crowd: number;
  /** Of these, how many come again and again where that is measured. */
  readonly active: number;
  readonly connections: number;
  /** How long one window of one server is to take, about. */
  readonly windowSeconds: number;
  /** Requests before the first round, for each server. */
  readonly warmUp: number;
  /** Sessions whose tokens run out together, and within how many milliseconds. */
  readonly storm: number;
  readonly stormMillis: number;
}

export const FULL: Effort = {
  rounds: 15,
  instances: 3,
  gateways: 5,
  sessions: 100_000,
  crowd: 200_000,
  active: 100,
  connections: 32,
  windowSeconds: 0.25,
  warmUp: 60_000,
  storm: 1000,
  stormMillis: 1000,
};
/** In a few minutes, to see that nothing got slower by half: goals are loosened by a third. */
export const SHORT: Effort = {
  rounds: 5,
  instances: 2,
  gateways: 2,
  sessions: 10_000,
  crowd: 40_000,
  active: 100,
  connections: 32,
  windowSeconds: 0.2,
  warmUp: 20_000,
  storm: 200,
  stormMillis: 1000,
};
/** For the test of this harness; its figures mean nothing. */
export const QUICK: Effort = {
  rounds: 2,
  instances: 2,
  gateways: 2,
  sessions: 20,
  crowd: 40,
  active: 5,
  connections: 4,
  windowSeconds: 0.005,
  warmUp: 50,
  storm: 10,
  stormMillis: 50,
};

/** A server that is up. */
export interface Running {
  readonly name: string;
  readonly port: number;
  /** Answers how much processor time it has used. */
  readonly helper: Pick<Helper, "ask">;
}

/**
 * A server over its bare one; both get the same requests. Pairs of one name are instances of one server, and become one
 * row.
 */
export interface Pair {
  readonly name: string;
  /** What the load has the requests under; the name where nothing is said. */
  readonly requests?: string;
  readonly bare: Running;
  readonly server: Running;
}

interface Window {
  readonly rate: number;
  readonly micros: number;
}

export interface PairFigures {
  readonly name: string;
  readonly bare: string;
  readonly windows: readonly { readonly bare: Window; readonly server: Window }[];
}

type Requests = Pick<Load, "open" | "run" | "runAll" | "close">;

/**
 * Measures all pairs in interleaved rounds: bare, server, next pair's bare, next pair's server, … Instances take turns,
 * a round each.
 */
export async function measurePairs(load: Requests, pairs: readonly Pair[], effort: Effort): Promise<readonly PairFigures[]> {
  const sizes = new Map<Pair, { readonly bare: number; readonly server: number }>();
  for (const pair of pairs) {
    const bare = await sized(load, pair.bare, requestsOf(pair), effort);
    sizes.set(pair, { bare, server: await sized(load, pair.server, requestsOf(pair), effort) });
  }
  const found = new Map(
    pairs.map(({ name, bare }) => [name, { bare: bare.name, windows: [] as { bare: Window; server: Window }[] }]),
  );
  for (let round = 0; round < effort.rounds; round++) {
    for (const [name, { windows }] of found) {
      const instances = pairs.filter((pair) => pair.name === name);
      const pair = instances[round % instances.length];
      const size = pair === undefined ? undefined : sizes.get(pair);
      if (pair === undefined || size === undefined) continue;
      const bare = await measure(load, pair.bare, requestsOf(pair), size.bare, effort);
      windows.push({ bare, server: await measure(load, pair.server, requestsOf(pair), size.server, effort) });
    }
  }
  return [...found].map(([name, { bare, windows }]) => ({ name, bare, windows }));
}

const requestsOf = ({ name, requests = name }: Pair): string => requests;

/**
 * How long a server is warmed up at most, in seconds: one that takes milliseconds for a request is as quick as it gets
 * by then.
 */
const LONGEST_WARM_UP = 4;

/**
 * Warms a server up, and answers how many requests fill a window. How quick it is shows only in the end: its first
 * thousands of requests take several times as long as those that follow. Who manages all of them sees every user once
 * besides, so that what is kept of a session is there, as it is in a server that has been running for a while.
 */
async function sized(load: Requests, server: Running, requests: string, effort: Effort): Promise<number> {
  await load.open(requests, server.port, effort.connections);
  const batch = Math.ceil(effort.warmUp / 20);
  let rate = 0;
  let sent = 0;
  for (let seconds = 0; sent < effort.warmUp && seconds < LONGEST_WARM_UP; sent += batch) {
    const taken = await load.run(batch);
    rate = batch / taken;
    seconds += taken;
  }
  if (sent >= effort.warmUp) await load.runAll();
  await load.close();
  return Math.max(effort.connections, Math.round(rate * effort.windowSeconds));
}

// Connections are made before the window begins, and it ends with the last answer: what was sent is exactly what was
// paid for. Before that the server works for half as long again: it has rested while others were measured, and what it
// needs is in no cache any more.
async function measure(load: Requests, server: Running, requests: string, count: number, effort: Effort): Promise<Window> {
  await load.open(requests, server.port, effort.connections);
  await load.run(Math.ceil(count / 2));
  const before = await server.helper.ask<number>("cpu");
  const seconds = await load.run(count);
  const after = await server.helper.ask<number>("cpu");
  await load.close();
  return { rate: count / seconds, micros: (after - before) / count };
}

/** The median of the paired figures. */
export function rowOf({ name, windows }: PairFigures): Row {
  return {
    name,
    rate: Math.round(median(windows.map(({ server }) => server.rate))),
    cpuMicros: rounded(median(windows.map(({ server }) => server.micros))),
    addedMicros: rounded(median(windows.map(({ bare, server }) => server.micros - bare.micros))),
    ofBare: rounded(median(windows.map(({ bare, server }) => bare.micros / server.micros))),
  };
}

/** A bare server's row, from all pairs that it was part of. */
export function bareRow(name: string, figures: readonly PairFigures[]): Row {
  const windows = figures.filter((one) => one.bare === name).flatMap((one) => one.windows.map(({ bare }) => bare));
  return {
    name,
    rate: Math.round(median(windows.map(({ rate }) => rate))),
    cpuMicros: rounded(median(windows.map(({ micros }) => micros))),
    addedMicros: null,
    ofBare: null,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}
