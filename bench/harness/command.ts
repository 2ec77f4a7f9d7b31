/**
 * What `npm run bench` is told, and what it says: which benchmarks are run with what effort, tables or one object, and
 * the exit status.
 */
import { parseArgs } from "node:util";
import { machine, Stolen } from "./machine.ts";
import type { Effort } from "./measure.ts";
import { FULL, QUICK, SHORT } from "./measure.ts";
import type { Findings, Machine, Report } from "./report.ts";
import { loosened, table } from "./report.ts";

/** Measures servers whose names match. */
export type Bench = (effort: Effort, only: RegExp) => Promise<Findings>;

/** Where it is said. */
export interface Streams {
  out(text: string): void;
  errors(text: string): void;
}

const help = (names: readonly string[]): string => `npm run bench -- [${names.join(" | ")}] [options]

  --json            one JSON object instead of tables
  --only PATTERN    only servers whose name matches
  --rounds N        interleaved rounds; ${FULL.rounds}
  --sessions N      sessions in each store; ${FULL.sessions}
  --short           a few minutes, with goals that are a third easier
  --quick           hardly any requests, to try this program out; the figures mean nothing
`;

/** Answers the exit status: 0 when all goals are met. */
export async function command(args: readonly string[], benches: ReadonlyMap<string, Bench>, streams: Streams): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
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
  const known = [...benches.keys()];
  const names = positionals.length === 0 ? known : positionals;
  const unknown = names.find((name) => !benches.has(name));
  if (values.help || unknown !== undefined) {
    streams.errors(unknown === undefined ? help(known) : `there is no benchmark ${unknown}\n\n${help(known)}`);
    return unknown === undefined ? 0 : 2;
  }
  const base = values.quick ? QUICK : values.short ? SHORT : FULL;
  const effort = { ...base, rounds: Number(values.rounds ?? base.rounds), sessions: Number(values.sessions ?? base.sessions) };
  const found: Report[] = [];
  const inAll = new Stolen();
  for (const [name, bench] of benches) {
    if (!names.includes(name)) continue;
    const stolen = new Stolen();
    const { rows, goals } = await bench(effort, new RegExp(values.only));
    const judged = values.short ? goals.map(loosened) : goals;
    const report = { bench: name, machine: await machine(effort, stolen.share()), rows, goals: judged };
    found.push(report);
    if (!values.json) streams.out(`${table(report)}\n\n`);
  }
  if (values.json) streams.out(`${JSON.stringify(joined(found, await machine(effort, inAll.share())))}\n`);
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
