import assert from "node:assert/strict";
import { test } from "node:test";
import { Stolen } from "./harness/machine.ts";
import { median } from "./harness/measure.ts";
import { atLeast, atMost, loosened, table } from "./harness/report.ts";
import { runBench } from "./harness/run-bench.ts";

test("a benchmark that does not exist is status 2 and says which there are", async () => {
  const { status, output, errors } = await runBench(["requests"]);
  assert.equal(status, 2);
  assert.equal(output, "");
  assert.match(errors, /there is no benchmark requests[\s\S]*request \| check \| proxy \| refresh/);
});

test("goals are met on their very edge", () => {
  assert.deepEqual(atMost("a", 1.5, 1.5), { name: "a", value: 1.5, goal: "<= 1.5", met: true });
  assert.equal(atMost("a", 1.51, 1.5).met, false);
  assert.deepEqual(atLeast("b", 0.8, 0.8), { name: "b", value: 0.8, goal: ">= 0.8", met: true });
  assert.equal(atLeast("b", 0.79, 0.8).met, false);
});

test("F-48 a short run's goals are a third easier, and another's figure is no goal of ours", () => {
  assert.deepEqual(loosened(atMost("a", 1.9, 1.5)), { name: "a", value: 1.9, goal: "<= 2", met: true });
  assert.deepEqual(loosened(atLeast("b", 0.41, 0.6)), { name: "b", value: 0.41, goal: ">= 0.4", met: true });
  assert.equal(loosened(atLeast("b", 0.39, 0.6)).met, false, "a regression of half is seen");
  const beside = { name: "c", value: 3, goal: "< 2", met: false };
  assert.deepEqual(loosened(beside), beside);
});

test("the median of an even number is between the two in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test("the table names the machine, aligns the rows and tells missed goals from met ones", () => {
  const machine = {
    cpu: "A processor",
    cores: 2,
    system: "linux",
    node: "24.0.0",
    rounds: 9,
    sessions: 5,
    stolen: 0.004,
    versions: { peer: "1.2.3" },
  };
  const rows = [
    { name: "bare", rate: 90_000, cpuMicros: 10, addedMicros: null, ofBare: null },
    { name: "ours", rate: 80_000, cpuMicros: 11.2, addedMicros: 1.2, ofBare: 0.893 },
  ];
  const text = table({ bench: "request", machine, rows, goals: [atMost("adds", 1.2, 1.5), atLeast("of bare", 0.893, 0.9)] });
  assert.match(text, /A processor, 2 cores, linux, Node 24\.0\.0/);
  assert.match(text, /peer 1\.2\.3/);
  assert.match(text, /^ours {2}80,000 {3}11\.20 {6}1\.20 {4}0\.893$/m);
  assert.match(text, /^met {4}adds/m);
  assert.match(text, /^MISSED of bare/m);
  assert.match(text, /^0\.4 % of the processors were taken away by the machine's host meanwhile$/m);
  const busy = table({ bench: "request", machine: { ...machine, stolen: 0.011 }, rows, goals: [] });
  assert.match(busy, /^1\.1 % .* meanwhile: NOT A QUIET MACHINE, times say nothing$/m);
  assert.doesNotMatch(table({ bench: "request", machine: { ...machine, stolen: null }, rows, goals: [] }), /taken away/);
});

test("what a host takes away is a part of all processors, or not known", () => {
  const share = new Stolen().share();
  assert.equal(share === null, process.platform !== "linux");
  assert.ok(share === null || (share >= 0 && share <= 1.5), String(share));
});
