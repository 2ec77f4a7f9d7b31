/** Runs one seed after another in this process, and collects the violations. */
import type { GenerateOptions } from "./script/generate.ts";
import { generate } from "./script/generate.ts";
import { simulate } from "./simulate.ts";
import type { Violation } from "./world/world.ts";

/** What running seeds came to. */
export interface Found {
  readonly seeds: number;
  readonly steps: number;
  readonly violations: readonly { readonly seed: number; readonly violation: Violation }[];
}

/** So many violations are enough to know that something is wrong. */
const ENOUGH = 10;

/** Runs seeds one after the other. */
export async function search(from: number, count: number, options: GenerateOptions, enough = ENOUGH): Promise<Found> {
  const violations: Found["violations"][number][] = [];
  let steps = 0;
  let seeds = 0;
  for (; seeds < count && violations.length < enough; seeds++) {
    const outcome = await simulate(generate(from + seeds, options));
    steps += outcome.steps;
    if (outcome.violation !== null) violations.push({ seed: from + seeds, violation: outcome.violation });
  }
  return { seeds, steps, violations };
}
