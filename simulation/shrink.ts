import type { Item, Script, Settings } from "./script.ts";
import { simulate } from "./simulate.ts";
import type { RuleNumber } from "./world.ts";

/** How many runs shrinking may take. */
const MOST_RUNS = 400;

/** Quieter settings, one at a time: each is kept where the run still fails. */
const QUIETER: readonly Partial<Settings>[] = [
  { storeNoise: 0 },
  { providerNoise: 0 },
  { tempo: 0 },
  { store: "memory" },
  { answers: "later" },
  { background: false },
];

/** The shortest script found that breaks the same invariant: without the items, the noise and the clocks that it does without. */
export async function shrink(script: Script, rule: RuleNumber): Promise<Script> {
  let runs = 0;
  const fails = async (candidate: Script): Promise<boolean> => {
    runs += 1;
    return runs <= MOST_RUNS && (await simulate(candidate)).violation?.rule === rule;
  };
  let smallest = await untilFailure(script);
  for (const change of QUIETER) {
    const candidate = { ...smallest, settings: { ...smallest.settings, ...change } };
    if (await fails(candidate)) smallest = candidate;
  }
  const steady = { ...smallest, settings: { ...smallest.settings, skews: smallest.settings.skews.map(() => 0) } };
  if (await fails(steady)) smallest = steady;
  for (let size = Math.ceil(smallest.items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    smallest = await without(smallest, size, fails);
  }
  return smallest;
}

/** What came after the failure had no part in it. */
async function untilFailure(script: Script): Promise<Script> {
  const { violation } = await simulate(script);
  const cut = { ...script, items: script.items.filter((item) => item.at <= (violation?.at ?? Number.POSITIVE_INFINITY)) };
  const again = await simulate(cut);
  return again.violation?.rule === violation?.rule ? cut : script;
}

async function without(script: Script, size: number, fails: (candidate: Script) => Promise<boolean>): Promise<Script> {
  let smallest = script;
  for (let start = 0; start < smallest.items.length; ) {
    const items: readonly Item[] = smallest.items.filter((_, index) => index < start || index >= start + size);
    const candidate = { ...smallest, items };
    if (await fails(candidate)) smallest = candidate;
    else start += size;
  }
  return smallest;
}
