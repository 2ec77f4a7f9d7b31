/** How a rule runs by itself: `node tools/check-layers.ts` says what is broken, or that nothing is. */
import type { Violation } from "./sources/files.ts";
import { describe } from "./sources/files.ts";

export interface Rule {
  /** As it stands in the closing line. */
  readonly name: string;
  /** What is broken in the tree. */
  readonly check: () => readonly Violation[] | Promise<readonly Violation[]>;
  /** What is worth knowing but breaks nothing. */
  readonly notes?: () => readonly Violation[];
}

/** Runs a rule, prints each violation and one line of result. Answers whether it holds. */
export async function run(rule: Rule): Promise<boolean> {
  const begun = performance.now();
  const violations = await rule.check();
  const took = `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  for (const note of rule.notes?.() ?? []) console.log(`  note: ${describe(note)}`);
  for (const violation of violations) console.error(`  ${describe(violation)}`);
  console.log(violations.length === 0 ? `ok    ${rule.name} (${took})` : `FAIL  ${rule.name}: ${violations.length} (${took})`);
  return violations.length === 0;
}

/** Runs one rule as a program of its own. */
export async function main(rule: Rule): Promise<void> {
  if (!(await run(rule))) process.exitCode = 1;
}
