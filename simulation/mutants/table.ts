/** Runs every mutant in a process of its own and prints which of them the simulation caught. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Found } from "../search.ts";
import { STORE_MUTANTS } from "./failover.ts";
import { MUTANTS } from "./list.ts";
import type { Mutant } from "./mutant.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
/** A mutant that so many seeds do not notice got away. */
const SEEDS = 2_000;

/**
 * Breaks the engine in every known way, each in a process of its own, and prints who noticed. Answers whether all were
 * caught.
 */
export async function runMutants(processes: number, names: readonly string[]): Promise<boolean> {
  const queue = [...MUTANTS, ...STORE_MUTANTS].filter(({ name }) => names.length === 0 || names.includes(name));
  const rows = new Map<string, Found>();
  const worker = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const found = await hunt(mutant);
      rows.set(mutant.name, found);
      console.log(line(mutant, found));
    }
  };
  const all = queue.length;
  console.log(line({ name: "mutant", broken: "what is broken" }, null));
  await Promise.all(Array.from({ length: Math.max(1, processes) }, worker));
  const caught = [...rows.values()].filter(({ violations }) => violations.length > 0).length;
  console.log(`mutants ${all}, caught ${caught}`);
  return caught === all;
}

function line({ name, broken }: Pick<Mutant, "name" | "broken">, found: Found | null): string {
  const [first] = found?.violations ?? [];
  const what = first === undefined ? "GOT AWAY" : `seed ${first.seed}, rule ${first.violation.rule}: ${first.violation.what}`;
  return `${name.padEnd(22)} ${broken.padEnd(86)} ${found === null ? "caught by" : what}`;
}

async function hunt({ name }: Mutant): Promise<Found> {
  const child = spawn(process.execPath, [CHILD, name, String(SEEDS)], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const said = Buffer.concat(chunks).toString();
  if (said === "") throw new Error(`the mutant ${name} could not be made; its anchors are to stand in the engine`);
  const found: Found = JSON.parse(said);
  return found;
}
