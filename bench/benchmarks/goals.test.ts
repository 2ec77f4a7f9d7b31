/** What each benchmark makes of figures: its rows, its goals, and when they are met. The figures are recorded ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Goal, Row } from "../harness/report.ts";
import { checkGoals } from "./check.ts";
import { cleanupFindings } from "./cleanup.ts";
import { peersGoals } from "./peers.ts";
import { proxyGoals } from "./proxy.ts";
import { reconcileGoals } from "./reconcile.ts";
import type { JudgedSubject, Round } from "./refresh.ts";
import { refreshFindings } from "./refresh.ts";
import { requestGoals } from "./request.ts";
import { startGoals } from "./start.ts";
import { postgresFindings, redisFindings, storesFindings } from "./stores.ts";

test("request: what memory adds is judged by itself and by each peer, what SQLite adds by its floor", () => {
  const rows = [
    added("coatcheck, memory", 1.4),
    added("coatcheck, memory, any user", 5.1),
    added("coatcheck, SQLite", 14),
    added("floor, SQLite", 10),
    added("express-session", 9),
    added("@fastify/session", 1.3),
    added("hono-sessions", 30),
    added("iron-session", 80),
    added("jose HS256 bearer", 40),
  ];
  assert.deepEqual(judged(requestGoals(rows)), [
    "memory adds, µs: 1.4 (<= 1.5) met",
    "memory adds for any user, µs: 5.1 (<= 5) MISSED",
    "SQLite adds, of its floor: 1.4 (<= 1.4) met",
    "memory adds less than express-session, µs: 1.4 (< 9) met",
    "memory adds less than @fastify/session, µs: 1.4 (< 1.3) MISSED",
    "memory adds less than hono-sessions, µs: 1.4 (< 30) met",
    "memory adds less than iron-session, µs: 1.4 (< 80) met",
    "memory adds less than jose HS256 bearer, µs: 1.4 (< 40) met",
  ]);
  assert.deepEqual(judged(requestGoals(rows.slice(2, 4))), ["SQLite adds, of its floor: 1.4 (<= 1.4) met"]);
});

test("check: each store is judged by the bare 204, memory by oauth2-proxy as well", () => {
  const rows = [
    { ...added("check/nginx, memory", 2), cpuMicros: 20, ofBare: 0.8 },
    { ...added("check/nginx, SQLite", 2), ofBare: 0.64 },
    { ...added("check/nginx, SQLite, any user", 2), ofBare: 0.6 },
  ];
  const own = [
    "check/nginx, memory, of the bare 204: 0.8 (>= 0.8) met",
    "check/nginx, SQLite, of the bare 204: 0.64 (>= 0.65) MISSED",
    "check/nginx, SQLite, any user, of the bare 204: 0.6 (>= 0.55) met",
  ];
  assert.deepEqual(judged(checkGoals(rows)), own);
  const theirs = { ...added("oauth2-proxy, /oauth2/auth", 60), cpuMicros: 80 };
  assert.deepEqual(judged(checkGoals([...rows, theirs])), [...own, "check/nginx, memory, of oauth2-proxy: 0.25 (<= 0.2) MISSED"]);
});

test("proxy: the gateway is judged by the bare proxy, by fastify's and by oauth2-proxy", () => {
  const rows = [
    { ...added("gateway, session and identity headers", 3), cpuMicros: 40, ofBare: 0.91 },
    { ...added("@fastify/http-proxy, no session", 3), cpuMicros: 43.6 },
    { ...added("oauth2-proxy", 3), cpuMicros: 400 },
  ];
  assert.deepEqual(judged(proxyGoals(rows)), [
    "the gateway, of bare undici.dispatch: 0.91 (>= 0.9) met",
    "the gateway, of @fastify/http-proxy without a session: 1.09 (>= 1.1) MISSED",
    "the gateway, of oauth2-proxy: 0.1 (<= 0.2) met",
  ]);
  assert.deepEqual(proxyGoals(rows.slice(1)), [], "without the gateway there is nothing to judge");
});

test("reconcile: a matched user is judged by a session alone", () => {
  const rows = (matched: number): readonly Row[] => [
    { ...added("coatcheck, session", 1), cpuMicros: 20 },
    { ...added("coatcheck, a proxy's user and their session", 1), cpuMicros: matched },
  ];
  assert.deepEqual(judged(reconcileGoals(rows(23))), ["a matched user, of a session: 1.15 (<= 1.15) met"]);
  assert.deepEqual(judged(reconcileGoals(rows(24))), ["a matched user, of a session: 1.2 (<= 1.15) MISSED"]);
  assert.deepEqual(reconcileGoals(rows(24).slice(1)), []);
});

test("peers: the first answer is judged, each workload by oauth2-proxy, and a p99 where one was measured", () => {
  const ours = { ...added("coatcheck, memory: check", 0), cpuMicros: 30, p99Millis: 3, startMillis: 251 };
  const theirs = { ...added("oauth2-proxy, cookie: check", 0), cpuMicros: 150, p99Millis: 2 };
  const large = { ...added("coatcheck, memory: 10 MB", 0), cpuMicros: 3000 };
  const largeOfTheirs = { ...added("oauth2-proxy, cookie: 10 MB", 0), cpuMicros: 6000 };
  assert.deepEqual(judged(peersGoals([ours, theirs, large, largeOfTheirs])), [
    "from start to the first answer, ms: 251 (<= 250) MISSED",
    "check, processor time of oauth2-proxy's: 0.2 (<= 0.2) met",
    "check, p99 of oauth2-proxy's at 1000 requests a second: 1.5 (<= 1) MISSED",
    "10 MB, processor time of oauth2-proxy's: 0.5 (<= 1) met",
  ]);
  assert.deepEqual(judged(peersGoals([{ ...ours, startMillis: 200 }, large])), [
    "from start to the first answer, ms: 200 (<= 250) met",
  ]);
});

test("F-51 start: how long the first answer takes is judged, and what is kept of memory", () => {
  const row = { ...added("coatcheck, memory", 0), startMillis: 250, idleMegabytes: 70.1 };
  assert.deepEqual(judged(startGoals([row])), [
    "from start to the first answer, ms: 250 (<= 250) met",
    "idle, MB: 70.1 (<= 70) MISSED",
  ]);
  assert.deepEqual(startGoals([{ ...row, name: "node:http" }]), []);
});

test("F-59 F-60 stores: a row for each look-up and each sweep, a goal for each figure that must not grow", () => {
  const figures = {
    memoryBytes: 290,
    collectionMillis: 51,
    memoryGet: 0.5,
    fewGet: 10,
    manyGet: 13,
    sweptMicros: 6,
    bareSweptMicros: 4,
    batchMillis: 3,
  };
  const { rows, goals } = storesFindings(figures, 1_000_000);
  assert.deepEqual(
    rows.map(({ name, cpuMicros, rate }) => [name, cpuMicros, rate]),
    [
      ["memory, a look-up among 1,000,000", 0.5, 2_000_000],
      ["SQLite, a look-up among 10,000", 10, 100_000],
      ["SQLite, a look-up among 1,000,000", 13, 76_923],
      ["SQLite, a row that is swept", 6, 166_667],
      ["SQLite alone, a row that is deleted", 4, 250_000],
    ],
  );
  assert.deepEqual(judged(goals), [
    "memory, bytes of a session over its data: 290 (<= 300) met",
    "memory, ms of a full collection with 1,000,000: 51 (<= 50) MISSED",
    "SQLite, a look-up among many, of one among few: 1.3 (<= 1.3) met",
    "SQLite, a row that is swept, of one that SQLite alone deletes: 1.5 (<= 1.3) MISSED",
    "SQLite, ms of a batch, p99: 3 (<= 5) met",
  ]);
});

test("F-59 stores: a look-up in PostgreSQL is held against one by hand, and against pg alone", () => {
  const { rows, goals } = postgresFindings({ get: 7, gatheredGet: 5, plainGet: 25, touch: 10 });
  assert.deepEqual(
    rows.map(({ name, cpuMicros }) => [name, cpuMicros]),
    [
      ["PostgreSQL, a look-up", 7],
      ["floor, PostgreSQL, gathered by hand", 5],
      ["pg alone, a look-up", 25],
      ["PostgreSQL, a touch", 10],
    ],
  );
  assert.deepEqual(judged(goals), [
    "PostgreSQL, a look-up, of one gathered by hand: 1.4 (<= 1.3) MISSED",
    "PostgreSQL, a look-up, of one by pg alone: 0.28 (<= 0.5) met",
  ]);
});

const window = (cpu: number, p99: number, storm: number): Round["before"] => ({
  others: { count: 1000, p50: 1, p99 },
  storm: { count: storm, p50: 60, p99: 90 },
  cpu,
  seconds: 2,
});
const ROUND: Round = {
  before: window(100_000, 4, 0),
  during: window(130_000, 4.8, 100),
  journal: { refreshes: 100, refused: 0, seconds: 1 },
  stolen: 0,
};

test("refresh: each store has rows for others before, others in the storm and refreshes, and three goals", () => {
  const subject = (name: string, round: Round): JudgedSubject => ({ name, rounds: [round], all: [round] });
  const slow: Round = { ...ROUND, during: window(300_000, 5, 100) };
  const { rows, goals } = refreshFindings([subject("memory", ROUND), subject("SQLite", slow)], 100);
  assert.deepEqual(
    rows.map(({ name, rate, cpuMicros, p50Millis, p99Millis }) => [name, rate, cpuMicros, p50Millis, p99Millis]),
    [
      ["memory, others before", 500, 100, 1, 4],
      ["memory, others in the storm", 500, 118.182, 1, 4.8],
      ["memory, refreshes", 100, 200, 60, 90],
      ["SQLite, others before", 500, 100, 1, 4],
      ["SQLite, others in the storm", 500, 272.727, 1, 5],
      ["SQLite, refreshes", 100, 1900, 60, 90],
    ],
  );
  assert.deepEqual(judged(goals), [
    "memory, CPU µs a refresh: 200 (<= 800) met",
    "memory, refreshes per session, in every round: 1 (= 1) met",
    "memory, p99 growth for others: 0.2 (< 0.25) met",
    "SQLite, CPU µs a refresh: 1900 (<= 800) MISSED",
    "SQLite, refreshes per session, in every round: 1 (= 1) met",
    "SQLite, p99 growth for others: 0.25 (< 0.25) MISSED",
  ]);
});

test("refresh: a token that is shown twice in any round misses the goal, also in one that does not count", () => {
  const twice: Round = { ...ROUND, journal: { refreshes: 100, refused: 1, seconds: 1 } };
  const { goals } = refreshFindings([{ name: "memory", rounds: [ROUND], all: [ROUND, twice] }], 100);
  assert.deepEqual(judged(goals)[1], "memory, refreshes per session, in every round: 1.005 (= 1) MISSED");
});

const added = (name: string, addedMicros: number): Row => ({ name, rate: 1000, cpuMicros: 10, addedMicros, ofBare: 0.5 });

const judged = (goals: readonly Goal[]): readonly string[] =>
  goals.map(({ name, value, goal, met }) => `${name}: ${value} (${goal}) ${met ? "met" : "MISSED"}`);

test("stores: a look-up in Redis beside the client alone, and what ten million sessions take", () => {
  const { rows, goals } = redisFindings({ bytes: 1_950, get: 6, bareGet: 5, hit: 0.2 });
  assert.deepEqual(
    rows.map(({ name, cpuMicros }) => [name, cpuMicros]),
    [
      ["Redis, a look-up", 6],
      ["redis alone, a GET", 5],
      ["Redis, a row that was kept", 0.2],
    ],
  );
  assert.deepEqual(judged(goals), [
    "Redis, a look-up, of a GET by redis alone: 1.2 (<= 1.5) met",
    "Redis, µs of a row that was kept: 0.2 (<= 3) met",
    "Redis, GB of ten million sessions: 19.5 (<= 19) MISSED",
  ]);
});

test("S-50 cleanup: no dead row may stay, no live one be lost, and look-ups may take twice as long", () => {
  const rows = { live: 100, dead: 0 };
  const times = { usual: 0.2, meanwhile: 0.3, ownUsual: 1, ownMeanwhile: 1.8 };
  const found = { ...times, deleted: 2_600, dead: 2_600, complete: true, rows, lost: 0, seconds: 0.1 };
  assert.deepEqual(judged(cleanupFindings("SQLite", found).goals), [
    "SQLite, dead rows of 2,600 that stay: 0 (<= 0) met",
    "SQLite, live rows that are lost: 0 (<= 0) met",
    "SQLite, p99 of a look-up meanwhile, of the usual one: 1.5 (<= 2) met",
    "SQLite, p99 of a look-up by the process that sweeps, of the usual one: 1.8 (<= 2) met",
  ]);
  const bad = { ...found, deleted: 2_500, rows: { live: 99, dead: 100 }, lost: 1, meanwhile: 0.5, ownMeanwhile: 3 };
  assert.deepEqual(judged(cleanupFindings("SQLite", bad).goals), [
    "SQLite, dead rows of 2,600 that stay: 100 (<= 0) MISSED",
    "SQLite, live rows that are lost: 1 (<= 0) MISSED",
    "SQLite, p99 of a look-up meanwhile, of the usual one: 2.5 (<= 2) MISSED",
    "SQLite, p99 of a look-up by the process that sweeps, of the usual one: 3 (<= 2) MISSED",
  ]);
  const [row, ...others] = cleanupFindings("SQLite", found).rows;
  assert.deepEqual([row?.rate, row?.cpuMicros, row?.p99Millis], [26_000, 38.462, 0.3]);
  assert.deepEqual(
    others.map(({ p99Millis }) => p99Millis),
    [0.2, 1.8, 1],
  );
});
