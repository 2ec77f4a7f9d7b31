/**
 * `npm run bench -- [NAME] [--json]`: how quick we are beside our floors and our peers, measured in the same run.
 * Ratios of one run mean something, figures of two do not. Exit status 1 when a goal is not met.
 */
import { parseArgs } from "node:util";
import { checkBench } from "./check.ts";
import { machine, Stolen } from "./machine.ts";
import type { Effort } from "./measure.ts";
import { FULL, QUICK, SHORT } from "./measure.ts";
import { peersBench } from "./peers.ts";
import { proxyBench } from "./proxy.ts";
import { reconcileBench } from "./reconcile.ts";
import { refreshBench } from "./refresh.ts";
import type { Findings, Machine, Report } from "./report.ts";
import { loosened, table } from "./report.ts";
import { requestBench } from "./request.ts";
import { Stage } from "./stage.ts";
import { startBench } from "./start.ts";
import { storesBench } from "./stores.ts";

type Bench = (stage: Stage, only: RegExp) => Promise<Findings>;

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ["request", requestBench],
  ["check", checkBench],
  ["proxy", proxyBench],
  ["refresh", refreshBench],
  ["reconcile", reconcileBench],
  ["peers", peersBench],
  ["stores", storesBench],
  ["start", startBench],
]);

const HELP = `npm run bench -- [${[...BENCHES.keys()].join(" | ")}] [options]

  --json            one JSON object instead of tables
  --only PATTERN    only servers whose name matches
  --rounds N        interleaved rounds; ${FULL.rounds}
  --sessions N      sessions in each store; ${FULL.sessions}
  --short           a few minutes, with goals that are a third easier
  --quick           hardly any requests, to try this program out; the figures mean nothing
`;

async function carryOut(bench: Bench, effort: Effort, only: RegExp): ReturnType<Bench> {
  const stage = await Stage.set(effort);
  try {
    return await bench(stage, only);
  } finally {
    await stage.clear();
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      rounds: { type: "string" },
      sessions: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const names = positionals.length === 0 ? [...BENCHES.keys()] : positionals;
  const unknown = names.find((name) => !BENCHES.has(name));
  if (values.help || unknown !== undefined) {
    process.stderr.write(unknown === undefined ? HELP : `there is no benchmark ${unknown}\n\n${HELP}`);
    return unknown === undefined ? 0 : 2;
  }
  const base = values.quick ? QUICK : values.short ? SHORT : FULL;
  const effort = { ...base, rounds: Number(values.rounds ?? base.rounds), sessions: Number(values.sessions ?? base.sessions) };
  const found: Report[] = [];
  const inAll = new Stolen();
  for (const [name, bench] of BENCHES) {
    if (!names.includes(name)) continue;
    const stolen = new Stolen();
    const { rows, goals } = await carryOut(bench, effort, new RegExp(values.only));
    const judged = values.short ? goals.map(loosened) : goals;
    const report = { bench: name, machine: await machine(effort, stolen.share()), rows, goals: judged };
    found.push(report);
    if (!values.json) process.stdout.write(`${table(report)}\n\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(joined(found, await machine(effort, inAll.share())))}\n`);
  return found.every(({ goals }) => goals.every((goal) => goal.met)) ? 0 : 1;
}

/** One object, also for several benchmarks. */
function joined(found: readonly Report[], machine: Machine): Report {
  return {
    bench: found.map(({ bench }) => bench).join(","),
    machine,
    rows: found.flatMap(({ rows }) => rows),
    goals: found.flatMap(({ goals }) => goals),
  };
}

process.exitCode = await main();
