/**
 * Rules that the tree does not keep yet: what breaks them is counted by place, and a count may only fall. The counts
 * stand in `tools/ratchets.json`; `--update` lowers them to what is found, and never raises one.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { Violation } from "./sources/files.ts";
import { describe, ROOT } from "./sources/files.ts";

/** How many are still there, by package or by path; what is not named has none. */
export interface Counts {
  readonly [where: string]: number;
}

export interface Ratchet {
  /** As it stands in the closing line, and in the file of counts. */
  readonly name: string;
  /** The file of the rule, for the messages. */
  readonly program: string;
  /** What is counted, in the plural: `comment lines past 120 columns`. */
  readonly what: string;
  /** Everything that breaks the rule. */
  readonly find: () => readonly Violation[];
  /** The name under which a violation counts. */
  readonly where: (violation: Violation) => string;
}

const FILE = "tools/ratchets.json";

/** How many violations there are of each place. */
export function count(violations: readonly Violation[], where: (violation: Violation) => string): Counts {
  const counts: Record<string, number> = {};
  for (const violation of violations) counts[where(violation)] = (counts[where(violation)] ?? 0) + 1;
  return counts;
}

/** The places that have more than is allowed. */
export function risen(allowed: Counts, found: Counts): readonly string[] {
  return Object.keys(found).filter((where) => (found[where] ?? 0) > (allowed[where] ?? 0));
}

/** The allowed counts, each as low as what is found; places that have none any more are left out. */
export function lowered(allowed: Counts, found: Counts): Counts {
  const kept = Object.entries(allowed).map(([where, most]) => [where, Math.min(most, found[where] ?? 0)] as const);
  return Object.fromEntries(kept.filter(([, most]) => most > 0));
}

function readCounts(): { readonly [rule: string]: Counts } {
  return existsSync(join(ROOT, FILE)) ? JSON.parse(readFileSync(join(ROOT, FILE), "utf8")) : {};
}

/** The rule for `npm run check`: it breaks when a count has risen, and notes which could be lowered. */
export function ratcheted({ name, program, what, find, where }: Ratchet): Rule {
  let found: Counts = {};
  const allowed = () => readCounts()[name] ?? {};
  return {
    name,
    check: () => {
      found = count(find(), where);
      return risen(allowed(), found).map((path) => ({
        path,
        message: `has ${found[path]} ${what}; ${allowed()[path] ?? 0} are the most (node tools/${program} --list names them)`,
      }));
    },
    notes: () =>
      Object.entries(allowed())
        .filter(([place, most]) => (found[place] ?? 0) < most)
        .map(([path, most]) => ({
          path,
          message: `has ${found[path] ?? 0} ${what} where ${most} are allowed: node tools/${program} --update`,
        })),
  };
}

/** Runs the rule as a program of its own; `--list` names each place, `--update` lowers the counts. */
export async function mainOf(ratchet: Ratchet): Promise<void> {
  if (process.argv.includes("--list")) for (const violation of ratchet.find()) console.log(`  ${describe(violation)}`);
  if (process.argv.includes("--update")) {
    const counts = readCounts();
    const found = count(ratchet.find(), ratchet.where);
    const allowed = counts[ratchet.name];
    const next = { ...counts, [ratchet.name]: allowed === undefined ? found : lowered(allowed, found) };
    writeFileSync(join(ROOT, FILE), `${JSON.stringify(next, null, 2)}\n`);
  }
  await main(ratcheted(ratchet));
}

/** `library/src/x.ts` is of the package `library`. */
export const packageOf = ({ path }: Violation) => path.split("/")[0] ?? "";
