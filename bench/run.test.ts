import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Stolen } from "./machine.ts";
import { median } from "./measure.ts";
import { installed } from "./programs.ts";
import type { Report } from "./report.ts";
import { atLeast, atMost, loosened, table } from "./report.ts";

const ROWS = {
  request: [
    "node:http",
    "express",
    "fastify",
    "hono",
    "coatcheck, memory",
    "coatcheck, memory, requireUser",
    "coatcheck, memory, one person",
    "coatcheck, memory, anybody",
    "floor, memory",
    "floor, memory, one person",
    "floor, memory, anybody",
    "coatcheck, SQLite",
    "floor, SQLite",
    "express-session",
    "@fastify/session",
    "hono-sessions",
    "iron-session",
    "jose HS256 bearer",
  ],
  check: ["node:http 204", "check/nginx, memory", "check/nginx, SQLite", "check/nginx, SQLite, anybody"],
  proxy: ["undici.dispatch", "gateway, session and identity headers", "@fastify/http-proxy, no session"],
  reconcile: ["node:http", "coatcheck, session", "coatcheck, a proxy's user and their session"],
  refresh: ["memory", "SQLite"].flatMap((store) => [
    `${store}, others before`,
    `${store}, others in the storm`,
    `${store}, renewals`,
  ]),
} as const;

for (const [bench, names] of Object.entries(ROWS)) {
  test(`npm run bench -- ${bench} --json prints one object with a row for each server, and says whether its goals are met`, async () => {
    const { status, output, errors } = await run([bench, "--quick", "--json"]);
    const report: Report = JSON.parse(output || "{}");
    assert.equal(report.bench, bench, errors);
    assert.deepEqual(
      // oauth2-proxy is measured where it was built.
      report.rows.map(({ name }) => name).filter((name) => !name.startsWith("oauth2-proxy")),
      names,
    );
    for (const { name, rate, cpuMicros, addedMicros, ofBare } of report.rows) {
      // What renewals cost is a difference between two windows, and of two that are short anything can be.
      assert.ok(rate > 0 && (cpuMicros > 0 || (name.endsWith(", renewals") && Number.isFinite(cpuMicros))), `${name} answered`);
      assert.equal(addedMicros === null, ofBare === null, name);
    }
    assert.ok(report.goals.length > 0);
    assert.equal(status, report.goals.every(({ met }) => met) ? 0 : 1);
    assert.equal(report.machine.node, process.versions.node);
    assert.ok(report.machine.cpu !== "" && report.machine.versions["jose"] !== undefined);
  });
}

test("F-59 F-60 npm run bench -- stores --json says what a session takes, and how the size of a store shows", async () => {
  const { status, output, errors } = await run(["stores", "--quick", "--json"]);
  const report: Report = JSON.parse(output || "{}");
  assert.equal(report.bench, "stores", errors);
  assert.equal(report.rows.length, 5);
  assert.equal(report.goals.length, 5);
  for (const { name, cpuMicros } of report.rows) assert.ok(cpuMicros > 0, name);
  for (const { name, value } of report.goals) assert.ok(Number.isFinite(value), name);
  assert.equal(status, report.goals.every(({ met }) => met) ? 0 : 1);
});

test("F-51 npm run bench -- start --json says how long a start takes and what it keeps, and judges both", async () => {
  const { status, output, errors } = await run(["start", "--quick", "--json"]);
  const report: Report = JSON.parse(output || "{}");
  assert.equal(report.bench, "start", errors);
  assert.deepEqual(
    report.rows.map(({ name }) => name),
    ["node:http", "coatcheck, memory", "coatcheck, SQLite"],
  );
  for (const { name, cpuMicros, idleMegabytes = 0, startMillis = 0 } of report.rows) {
    assert.ok(cpuMicros > 0 && idleMegabytes > 1 && startMillis > 0, name);
  }
  assert.deepEqual(
    report.goals.map(({ name, goal }) => [name, goal]),
    [
      ["from start to the first answer, ms", "<= 250"],
      ["idle, MB", "<= 70"],
    ],
  );
  assert.equal(status, report.goals.every(({ met }) => met) ? 0 : 1);
});

test("npm run bench -- peers --json has a row for each program that is installed and each thing that is asked of it", async () => {
  const { status, output, errors } = await run(["peers", "--quick", "--json"]);
  const report: Report = JSON.parse(output || "{}");
  assert.equal(report.bench, "peers", errors);
  const names = report.rows.map(({ name }) => name);
  for (const asked of ["check", "1 KiB", "64 KiB", "10 MB"]) {
    for (const store of ["memory", "SQLite"]) assert.ok(names.includes(`coatcheck, ${store}: ${asked}`), names.join("\n"));
  }
  assert.equal(names.includes("nginx asking coatcheck, memory: 1 KiB"), installed("nginx") !== undefined);
  for (const { name, cpuMicros, idleMegabytes = 0, startMillis = 0 } of report.rows) {
    assert.ok(cpuMicros > 0 && idleMegabytes > 1 && startMillis > 0, name);
  }
  assert.equal(status, report.goals.every(({ met }) => met) ? 0 : 1);
});

test("a benchmark that does not exist is status 2 and says which there are", async () => {
  const { status, output, errors } = await run(["requests"]);
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

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

function run(args: readonly string[]): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = execFile(
    process.execPath,
    [fileURLToPath(new URL("run.ts", import.meta.url)), ...args],
    { env: { ...process.env, NODE_TEST_CONTEXT: undefined }, maxBuffer: 2 ** 24 },
    (_error, output, errors) => resolve({ status: child.exitCode ?? -1, output, errors }),
  );
  return promise;
}
