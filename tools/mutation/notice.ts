/** Whether a mutant is noticed by any of the tests that come through its place. */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ROOT } from "../sources/files.ts";
import { type Covered, ran } from "./coverage.ts";
import { runTest, runTogether } from "./run-test.ts";
import type { Fate } from "./score.ts";

/** So many test files have a process together; few at first, for most mutants do not live long. */
const FIRST = 5;
const NEXT = 25;
/** Of those that fail in a process with others although nothing is changed, the nearest so many are run. */
const MOST_ALONE = 8;
const LEAST_WAIT = 10_000;
/** A test that takes so many times as long as usual has noticed something. */
const SLOWER = 6;

/** A changed source, by its path, and the file that has the changed text. */
export interface Change {
  readonly path: string;
  readonly start: number;
  readonly file: string;
}

/** Test files that failed beside others and held by themselves. */
const loners = new Set<string>();

const patience = (tests: readonly Covered[]): number => LEAST_WAIT + SLOWER * Math.max(...tests.map(({ took }) => took));

export async function fateOf({ path, start, file }: Change, tests: readonly Covered[]): Promise<Fate> {
  const covering = tests.filter(({ sources }) => ran(sources[path] ?? [], start)).toSorted(nearestTo(path));
  if (covering.length === 0) return "uncovered";
  const variables = { COATCHECK_MUTATED: join(ROOT, path), COATCHECK_MUTANT: file };
  /** What fails beside others is believed only if it fails by itself. */
  const alone = async (test: Covered): Promise<Fate> => {
    const { passed, late } = await runTest(test.test, variables, patience([test]));
    if (passed) loners.add(test.test);
    return passed ? "survived" : late ? "stopped" : "killed";
  };
  let left = covering.filter(({ test }) => !loners.has(test));
  const apart = covering.filter(({ test }) => loners.has(test)).slice(0, MOST_ALONE);
  for (let size = FIRST; left.length > 0; size = NEXT) {
    const lot = left.slice(0, size);
    const failed = await firstFailing(lot, variables, `${file}.at`);
    const fate = failed === undefined ? "survived" : await alone(failed);
    if (fate !== "survived") return fate;
    left = left.slice(failed === undefined ? lot.length : lot.indexOf(failed) + 1);
  }
  for (const test of apart) {
    const fate = await alone(test);
    if (fate !== "survived") return fate;
  }
  return "survived";
}

async function firstFailing(
  lot: readonly Covered[],
  variables: Readonly<Record<string, string>>,
  at: string,
): Promise<Covered | undefined> {
  const paths = lot.map(({ test }) => test);
  const { passed } = await runTogether(paths, { ...variables, COATCHECK_AT: at }, patience(lot));
  return passed ? undefined : lot[Number(readFileSync(at, "utf8"))];
}

/** The test of the same name first, then those of the same folder, then the quick ones. */
function nearestTo(path: string): (one: Covered, other: Covered) => number {
  const name = basename(path, ".ts");
  const distance = ({ test }: Covered): number => {
    if (dirname(test) !== dirname(path)) return basename(test).includes(name) ? 2 : 3;
    return basename(test).startsWith(`${name}.`) ? 0 : 1;
  };
  return (one, other) => distance(one) - distance(other) || one.took - other.took;
}
