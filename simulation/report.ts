/** What a run prints: the closing line, one seed in detail, and violations with their shrunk scripts. */
import type { GenerateOptions } from "./script/generate.ts";
import { generate } from "./script/generate.ts";
import type { Found } from "./search.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import { describe } from "./trace.ts";

/** The line that closes every run. */
export function closing({ seeds, steps, violations }: Found): string {
  return `seeds ${seeds}, steps ${steps}, violations ${violations.length}`;
}

/** Every step of a seed. */
export async function showSeed(seed: number, options: GenerateOptions): Promise<Found> {
  const script = generate(seed, options);
  for (const line of describe(script)) console.log(line);
  const { steps, violation } = await simulate(script, (line) => console.log(line));
  if (violation !== null) console.log(`\nrule ${violation.rule}: ${violation.what}`);
  return { seeds: 1, steps, violations: violation === null ? [] : [{ seed, violation }] };
}

/** What failed: the first with every step of the shortest run that shows it, of others a line. */
export async function showViolations({ violations }: Found, options: GenerateOptions): Promise<void> {
  const [first, ...others] = violations;
  for (const { seed, violation } of others) console.log(`seed ${seed} breaks rule ${violation.rule}: ${violation.what}`);
  if (first === undefined) return;
  const { seed, violation } = first;
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
