/**
 * `npm run simulate -- --seeds 2000`: the real engine, several replicas of it, under a scheduler that decides every
 * interleaving and fails any step. Exit status 1 when an invariant was broken, or when a mutant of the engine got away.
 */
import { parseArgs } from "node:util";
import { runMutants } from "./mutants/table.ts";
import { searchParallel } from "./parallel.ts";
import { closing, showSeed, showViolations } from "./report.ts";
import type { GenerateOptions } from "./script/generate.ts";
import type { Found } from "./search.ts";
import { search } from "./search.ts";

const HELP = `npm run simulate -- [options]

  --seeds N      how many seeds to run; 1000
  --from K       the first of them; 1
  --seed K       this one alone
  --trace        with --seed: every step of it
  --store NAME   memory, sqlite, confirming, losing or moving for all seeds; without it one in 25 is on SQLite, one in
                 12 on a store that fails over, and acknowledges what its replica has (confirming; losing does not wait),
                 and in one in 15 sessions are moved to another store (moving)
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
  if (store !== undefined && !isStore(store)) throw new TypeError("--store is memory, sqlite, confirming, losing or moving");
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

const STORES = ["memory", "sqlite", "confirming", "losing", "moving"] as const;
const isStore = (name: string): name is (typeof STORES)[number] => STORES.some((store) => store === name);

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
  const found = await carryOut(given);
  console.log(closing(found));
  return found.violations.length === 0 ? 0 : 1;
}

async function carryOut({ from, seeds, processes, trace, options }: Arguments): Promise<Found> {
  if (trace) return showSeed(from, options);
  const found = await (processes > 1 ? searchParallel(from, seeds, options, processes) : search(from, seeds, options));
  await showViolations(found, options);
  return found;
}

process.exitCode = await main();
