import assert from "node:assert/strict";
import { test } from "node:test";
import { closingLine, growthOf, type Sums } from "./report.ts";

const MIB = 1_048_576;
const at = (rss: number, heap: number, external = 10, sockets = 0): Sums["measured"][number] => ({
  kind: "measured",
  rss: rss * MIB,
  heap: heap * MIB,
  external: external * MIB,
  sockets,
});
const sums = (measured: Sums["measured"], requests = 1_000_000): Sums => ({
  ...{ connections: 1, requests, answers: 1, app: 1, outages: 0, crashes: 0, seconds: 1 },
  ...{ statuses: new Map(), violations: [], unhandled: [], complaints: [], faults: [], measured },
});

test("growth is the process's or what JavaScript holds, the larger, from a tenth of the way to the end", () => {
  assert.equal(growthOf(sums([at(200, 30), at(300, 90), at(220, 30)]))?.toFixed(2), "0.10");
  assert.equal(growthOf(sums([at(200, 30), at(220, 50)]))?.toFixed(2), "0.50");
  assert.equal(growthOf(sums([at(200, 30, 10), at(220, 30, 30)]))?.toFixed(2), "0.50");
  assert.equal(growthOf(sums([at(200, 30), at(220, 30)], 400_000)), null);
  assert.equal(growthOf(sums([at(200, 30)])), null);
});

test("more than a fifth of growth, a connection left open or an interrupt fail a run", () => {
  assert.equal(closingLine(sums([at(200, 30), at(239, 30)]), null).holds, true);
  assert.equal(closingLine(sums([at(200, 30), at(241, 30)]), null).holds, false);
  assert.equal(closingLine(sums([at(200, 30, 10, 1), at(200, 30)]), null).holds, false);
  const { line, holds } = closingLine(sums([at(200, 30), at(200, 30)]), "interrupted");
  assert.equal(holds, false);
  assert.match(line, /growth 0\.0 % \(interrupted\)$/);
});
