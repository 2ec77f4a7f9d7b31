/**
 * `npm run simulate -- --seeds 2000`: the real engine, several replicas of it, under a scheduler that decides every interleaving and
 * fails any step. Exit status 1 when an invariant was broken, or when a mutant of the engine got away.
 */
import { parseArgs } from "node:util";
import type { GenerateOptions } from "./generate.ts";
import { generate } from "./generate.ts";
import { runMutants } from "./mutants/table.ts";
import { searchParallel } from "./parallel.ts";
import type { Found } from "./search.ts";
import { search } from "./search.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import { describe } from "./trace.ts";

const HELP = `npm run simulate -- [options]

  --seeds N      how many seeds to run; 1000
  --from K       the first of them; 1
  --seed K       this one alone
  --trace        with --seed: every step of it
  --store NAME   memory or sqlite for all seeds; without it one in twenty is on SQLite
  --processes N  how many processes share the seeds; 1
  --mutants [NAME…]  breaks the engine in known ways, and tells which seed noticed
`;

interface Arguments {
  readonly from: number;
  readonly seeds: number;
  readonly processes: number;
  readonly trace: boolean;
  readonly mutants: boolean;
  /** Which mutants; all where none is named. */
  readonly names: readonly string[];
  readonly options: GenerateOptions;
}

function readArguments(): Arguments | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      store: { type: "string" },
      processes: { type: "string", default: "1" },
      trace: { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { store, seed } = values;
  if (values.help) return null;
  if (store !== undefined && store !== "memory" && store !== "sqlite") throw new TypeError("--store is memory or sqlite");
  return {
    from: whole("seed", seed ?? values.from),
    seeds: seed === undefined ? whole("seeds", values.seeds) : 1,
    processes: whole("processes", values.processes),
    trace: values.trace && seed !== undefined,
    mutants: values.mutants,
    names: positionals,
    options: store === undefined ? {} : { store },
  };
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new TypeError(`--${name} takes a whole number, not ${text}`);
  return number;
}

async function main(): Promise<number> {
  const given = readArguments();
  if (given === null) {
    console.log(HELP);
    return 0;
  }
  if (given.mutants) return (await runMutants(given.processes, given.names)) ? 0 : 1;
  if (given.trace) {
    const script = generate(given.from, given.options);
    for (const line of describe(script)) console.log(line);
    const { steps, violation } = await simulate(script, (line) => console.log(line));
    console.log(closing({ seeds: 1, steps, violations: violation === null ? [] : [{ seed: given.from, violation }] }));
    return violation === null ? 0 : 1;
  }
  const found =
    given.processes > 1
      ? await searchParallel(given.from, given.seeds, given.options, given.processes)
      : await search(given.from, given.seeds, given.options);
  const [first] = found.violations;
  for (const { seed, violation } of found.violations.slice(1, 10))
    console.log(`seed ${seed}: rule ${violation.rule}: ${violation.what}`);
  if (first !== undefined) await show(first, given.options);
  console.log(closing(found));
  return found.violations.length === 0 ? 0 : 1;
}

async function show({ seed, violation }: Found["violations"][number], options: GenerateOptions): Promise<void> {
  const whole = generate(seed, options);
  const short = await shrink(whole, violation.rule);
  console.log(`seed ${seed} breaks rule ${violation.rule}: ${violation.what}`);
  console.log(
    `${whole.items.length} items, shrunk to ${short.items.length}; all of it: npm run simulate -- --seed ${seed} --trace\n`,
  );
  for (const line of describe(short)) console.log(line);
  const outcome = await simulate(short, (line) => console.log(line));
  console.log(`\nrule ${outcome.violation?.rule}: ${outcome.violation?.what}`);
}

function closing({ seeds, steps, violations }: Found): string {
  return `seeds ${seeds}, steps ${steps}, violations ${violations.length}`;
}

process.exitCode = await main();
