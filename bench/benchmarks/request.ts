/** `npm run bench -- request`: what a valid session adds to a request, beside floors and peer libraries. */
import type { Pair, Running } from "../harness/measure.ts";
import { bareRow, measurePairs, rowOf } from "../harness/measure.ts";
import type { Findings, Goal, Row } from "../harness/report.ts";
import { atMost, rounded } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import { requestTo } from "../harness/stage.ts";
import type { Ready } from "../servers/serving.ts";
import { startBare } from "../subjects/bare.ts";
import { verify } from "../subjects/verify.ts";

const MEMORY = "coatcheck, memory";
const SQLITE = "coatcheck, SQLite";
const SQLITE_FLOOR = "floor, SQLite";
const SEALED = "coatcheck, sealed cookie";

/** What runs, over which bare server, from which file. */
interface Subject {
  readonly name: string;
  readonly bare: string;
  readonly file: string;
  /** Default `/`. */
  readonly path?: string;
  /**
   * Whose requests they are: one user's, those of the users who come again and again, or any user's.
   */
  readonly whose: "one" | "active" | "any";
  /** It is judged, and so is started several times. */
  readonly several?: true;
}

// A store in memory is measured where the processor's caches hold the sessions that are asked for, which is judged; for
// one user, as tools measure that repeat one request; and where caches are of no use, since any user may come next.
// From SQLite it is always any user.
const OURS: readonly Subject[] = [
  { name: MEMORY, bare: "node:http", file: "coatcheck/memory", whose: "active", several: true },
  { name: `${MEMORY}, requireUser`, bare: "node:http", file: "coatcheck/memory", path: "/user", whose: "active" },
  { name: `${MEMORY}, one user`, bare: "node:http", file: "coatcheck/memory", whose: "one", several: true },
  { name: `${MEMORY}, any user`, bare: "node:http", file: "coatcheck/memory", whose: "any" },
  { name: "floor, memory", bare: "node:http", file: "floors/floor-memory", whose: "active", several: true },
  { name: "floor, memory, one user", bare: "node:http", file: "floors/floor-memory", whose: "one", several: true },
  { name: "floor, memory, any user", bare: "node:http", file: "floors/floor-memory", whose: "any" },
  { name: SQLITE, bare: "node:http", file: "coatcheck/sqlite", whose: "any" },
  { name: SQLITE_FLOOR, bare: "node:http", file: "floors/floor-sqlite", whose: "any" },
  { name: SEALED, bare: "node:http", file: "coatcheck/cookie", whose: "active" },
  { name: `${SEALED}, markers in memory`, bare: "node:http", file: "coatcheck/cookie-marks", whose: "active" },
];
const PEERS: readonly Subject[] = [
  { name: "express-session", bare: "express", file: "peers/express-session", whose: "active" },
  { name: "@fastify/session", bare: "fastify", file: "peers/fastify-session", whose: "active" },
  { name: "hono-sessions", bare: "hono", file: "peers/hono-sessions", whose: "active" },
  { name: "iron-session", bare: "node:http", file: "peers/iron-session", whose: "active" },
  { name: "jose HS256 bearer", bare: "node:http", file: "peers/jose-bearer", whose: "active" },
];
const BARE: readonly { readonly name: string; readonly file: string }[] = [
  { name: "node:http", file: "floors/bare-node" },
  { name: "express", file: "floors/bare-express" },
  { name: "fastify", file: "floors/bare-fastify" },
  { name: "hono", file: "floors/bare-hono" },
];

/** The time that a valid session adds to a request, over the same bare framework. */
export async function requestBench(stage: Stage, only: RegExp): Promise<Findings> {
  const subjects = [...OURS, ...PEERS].filter(({ name }) => only.test(name));
  const bare = new Map<string, Running>();
  for (const { name, file } of BARE) {
    if (!subjects.some((subject) => subject.bare === name)) continue;
    const several = subjects.some((subject) => subject.bare === name && subject.several);
    for (let instance = 1; instance <= (several ? stage.effort.instances : 1); instance++) {
      bare.set(`${name} ${instance}`, await startBare(stage, name, file));
    }
  }
  const started = new Map<string, Running & Ready>();
  const pairs: Pair[] = [];
  for (const { name, bare: over, file, path = "/", whose, several = false } of subjects) {
    for (let instance = 1; instance <= (several ? stage.effort.instances : 1); instance++) {
      // Users who do not come again have a store of their own, with more people.
      const crowd = whose === "any";
      const key = `${file} ${instance} ${crowd}`;
      const server = started.get(key) ?? (await stage.start(name, file, [], crowd ? stage.effort.crowd : stage.effort.sessions));
      started.set(key, server);
      await verify(server, path);
      const requests = `${name} ${instance}`;
      await stage.load.prepare(
        requests,
        chosen(server.credentials, whose, stage.effort.active).map((line) => requestTo(path, line)),
      );
      const beneath = bare.get(`${over} ${instance}`);
      if (beneath !== undefined) pairs.push({ name, requests, bare: beneath, server });
    }
  }
  const figures = await measurePairs(stage.load, pairs, stage.effort);
  const rows = figures.map(rowOf);
  const beneath = new Set([...bare.values()].map(({ name }) => name));
  return { rows: [...[...beneath].map((name) => bareRow(name, figures)), ...rows], goals: requestGoals(rows) };
}

function chosen(credentials: readonly string[], whose: Subject["whose"], active: number): readonly string[] {
  if (whose === "any") return credentials;
  const most = whose === "one" ? 1 : active;
  // From all over the store.
  const step = Math.max(1, Math.floor(credentials.length / most));
  return credentials.filter((_, index) => index % step === 0).slice(0, most);
}

export function requestGoals(rows: readonly Row[]): readonly Goal[] {
  const added = (name: string): number | undefined => rows.find((row) => row.name === name)?.addedMicros ?? undefined;
  const memory = added(MEMORY);
  const sqlite = added(SQLITE);
  const floor = added(SQLITE_FLOOR);
  const goals: Goal[] = [];
  if (memory !== undefined) goals.push(atMost("memory adds, µs", memory, 1.5));
  const anyUser = added(`${MEMORY}, any user`);
  if (anyUser !== undefined) goals.push(atMost("memory adds for any user, µs", anyUser, 5));
  if (sqlite !== undefined && floor !== undefined) goals.push(atMost("SQLite adds, of its floor", sqlite / floor, 1.4));
  for (const { name } of PEERS) {
    const peer = added(name);
    if (memory === undefined || peer === undefined) continue;
    goals.push({ name: `memory adds less than ${name}, µs`, value: memory, goal: `< ${rounded(peer)}`, met: memory < peer });
  }
  return goals;
}
