import assert from "node:assert/strict";
import { test } from "node:test";
import type { Goal, Row } from "../harness/report.ts";
import { requestGoals, sizeFindings } from "./stores-postgres.ts";

const judged = (goals: readonly Goal[]): readonly string[] =>
  goals.map(({ name, value, goal, met }) => `${name}: ${value} (${goal}) ${met ? "met" : "MISSED"}`);

test("stores: what PostgreSQL adds to a request is judged by a floor by hand, and by connect-pg-simple", () => {
  const added = (name: string, addedMicros: number): Row => ({ name, rate: 1, cpuMicros: 1, addedMicros, ofBare: 0.5 });
  const rows = [
    added("PostgreSQL, a request", 14),
    added("floor, PostgreSQL, a request", 10),
    added("PostgreSQL, a request, connect-pg-simple", 70),
  ];
  assert.deepEqual(judged(requestGoals(rows)), [
    "PostgreSQL adds to a request, of its floor: 1.4 (<= 1.3) MISSED",
    "PostgreSQL adds to a request, of connect-pg-simple: 0.2 (<= 1) met",
  ]);
});

test("stores: a look-up among ten million sessions is held against one among ten thousand", () => {
  const { rows, goals } = sizeFindings({ few: 20, many: 25, rows: { few: 10_000, many: 10_000_000 } });
  assert.deepEqual(
    rows.map(({ name, cpuMicros, rate }) => [name, cpuMicros, rate]),
    [
      ["PostgreSQL, a look-up among 10,000, with the server", 20, 50_000],
      ["PostgreSQL, a look-up among 10,000,000, with the server", 25, 40_000],
    ],
  );
  assert.deepEqual(judged(goals), ["PostgreSQL, a look-up among many, of one among few: 1.25 (<= 1.3) met"]);
});
