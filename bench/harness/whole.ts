/**
 * Every benchmark from its command to its figures, with hardly any requests: `npm run bench:whole`, a step of
 * `.ci/run`. It takes minutes, and what `npm test` is to know of the harness it learns from recorded figures.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findServer } from "../../tools/suite/servers.ts";
import { installed } from "../subjects/programs.ts";
import type { Report } from "./report.ts";
import { runBench } from "./run-bench.ts";

const ROWS = {
  request: [
    "node:http",
    "express",
    "fastify",
    "hono",
    "coatcheck, memory",
    "coatcheck, memory, requireUser",
    "coatcheck, memory, one user",
    "coatcheck, memory, any user",
    "floor, memory",
    "floor, memory, one user",
    "floor, memory, any user",
    "coatcheck, SQLite",
    "floor, SQLite",
    "coatcheck, sealed cookie",
    "coatcheck, sealed cookie, markers in memory",
    "express-session",
    "@fastify/session",
    "hono-sessions",
    "iron-session",
    "jose HS256 bearer",
  ],
  check: ["node:http 204", "check/nginx, memory", "check/nginx, SQLite", "check/nginx, SQLite, any user"],
  proxy: ["undici.dispatch", "gateway, session and identity headers", "gateway, token: own", "@fastify/http-proxy, no session"],
  reconcile: ["node:http", "coatcheck, session", "coatcheck, a proxy's user and their session"],
  refresh: ["memory", "SQLite"].flatMap((store) => [
    `${store}, others before`,
    `${store}, others in the storm`,
    `${store}, refreshes`,
  ]),
} as const;

for (const [bench, names] of Object.entries(ROWS)) {
  test(`npm run bench -- ${bench} --json prints one object with a row for each server, and says whether its goals are met`, async () => {
    const { status, output, errors } = await runBench([bench, "--quick", "--json"]);
    const report: Report = JSON.parse(output || "{}");
    assert.equal(report.bench, bench, errors);
    assert.deepEqual(
      // oauth2-proxy is measured where it was built.
      report.rows.map(({ name }) => name).filter((name) => !name.startsWith("oauth2-proxy")),
      names,
    );
    for (const { name, rate, cpuMicros, addedMicros, ofBare } of report.rows) {
      // What refreshes cost is a difference between two windows, and of two that are short anything can be.
      assert.ok(rate > 0 && (cpuMicros > 0 || (name.endsWith(", refreshes") && Number.isFinite(cpuMicros))), `${name} answered`);
      assert.equal(addedMicros === null, ofBare === null, name);
    }
    assert.ok(report.goals.length > 0);
    assert.equal(status, report.goals.every(({ met }) => met) ? 0 : 1);
    assert.equal(report.machine.node, process.versions.node);
    assert.ok(report.machine.cpu !== "" && report.machine.versions["jose"] !== undefined);
  });
}

test("F-59 F-60 npm run bench -- stores --json says what a session takes, and how the size of a store shows", async () => {
  const { status, output, errors } = await runBench(["stores", "--quick", "--json"]);
  const report: Report = JSON.parse(output || "{}");
  assert.equal(report.bench, "stores", errors);
  const beginning = (names: readonly { readonly name: string }[], word: RegExp): number =>
    names.filter(({ name }) => word.test(name)).length;
  // Rows and goals of each store; servers are measured where they are installed.
  for (const [store, here, rows, goals] of [
    [/^memory/, true, 1, 2],
    [/^SQLite/, true, 4, 3],
    [/^PostgreSQL|^floor, PostgreSQL|^pg /, findServer("postgresql") !== undefined, 9, 5],
    [/^Redis|^redis /, findServer("redis-server") !== undefined, 3, 3],
  ] as const) {
    assert.equal(beginning(report.rows, store), here ? rows : 0, `rows of ${store.source}`);
    assert.equal(beginning(report.goals, store), here ? goals : 0, `goals of ${store.source}`);
  }
  for (const { name, cpuMicros } of report.rows) assert.ok(cpuMicros > 0, name);
  for (const { name, value } of report.goals) assert.ok(Number.isFinite(value), name);
  assert.equal(status, report.goals.every(({ met }) => met) ? 0 : 1);
});

test("F-51 npm run bench -- start --json says how long a start takes and what it keeps, and judges both", async () => {
  const { status, output, errors } = await runBench(["start", "--quick", "--json"]);
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
  const { status, output, errors } = await runBench(["peers", "--quick", "--json"]);
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
