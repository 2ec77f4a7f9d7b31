/** Shrinks a script that fails: leaves items, noise and skew out as long as the same invariant stays broken. */
import type { Script, Settings } from "./script/script.ts";
import { simulate } from "./simulate.ts";
import type { RuleNumber } from "./world/world.ts";

/** How many runs shrinking may take. */
const MOST_RUNS = 400;

/** Quieter settings, one at a time: each is kept where the run still fails. */
const QUIETER: readonly Partial<Settings>[] = [
  { storeNoise: 0 },
  { providerNoise: 0 },
  { lookupNoise: 0 },
  { tempo: 0 },
  { store: "memory" },
  { answers: "later" },
  { background: false },
];

/**
 * The shortest script found that breaks the same invariant: without the items, the noise and the clocks that it does
 * without.
 */
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
  return withoutParts(smallest, fails);
}

/** Leaves out halves, quarters, and so on to single items, wherever it fails without them. */
export async function withoutParts<S extends Pick<Script, "items">>(
  script: S,
  fails: (candidate: S) => Promise<boolean>,
): Promise<S> {
  let smallest = script;
  for (let size = Math.ceil(script.items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < smallest.items.length; ) {
      const items = smallest.items.filter((_, index) => index < start || index >= start + size);
      const candidate = { ...smallest, items };
      if (await fails(candidate)) smallest = candidate;
      else start += size;
    }
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
