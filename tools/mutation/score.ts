/** The score of a run of mutants: a drawn sample, what became of each, and the lines that it prints. */
import type { Area } from "./areas.ts";
import type { Mutant } from "./mutants.ts";

/** `stopped`: a test did not end with it. `uncovered`: no test comes through its place. */
export type Fate = "killed" | "stopped" | "survived" | "uncovered";

export const isNoticed = (fate: Fate): boolean => fate === "killed" || fate === "stopped";

/** A mutant and what became of it. */
export interface Found extends Mutant {
  readonly path: string;
  /** What stood in its place, and the whole line. */
  readonly was: string;
  readonly text: string;
  readonly fate: Fate;
}

/** So many of them, which a seed decides, in no order: a run that is cut short is a sample all the same. */
export function drawn<Item>(items: readonly Item[], count: number, seed: number): readonly Item[] {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return items
    .map((item) => ({ item, rank: next() }))
    .toSorted((one, other) => one.rank - other.rank)
    .slice(0, count)
    .map(({ item }) => item);
}

/** The share of mutants that a test noticed. */
export const scoreOf = (found: readonly Found[]): number =>
  found.length === 0 ? 1 : found.filter(({ fate }) => isNoticed(fate)).length / found.length;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** What a run says, and whether the goal is reached. */
export function report(area: Area, found: readonly Found[]): { readonly text: string; readonly holds: boolean } {
  const lived = found.filter(({ fate }) => !isNoticed(fate));
  const stopped = found.filter(({ fate }) => fate === "stopped").length;
  const files = [...Map.groupBy(found, ({ path }) => path)].map(
    ([path, own]) =>
      `  ${percent(scoreOf(own)).padStart(8)}  ${String(own.length).padStart(4)}  ${path.slice(area.folder.length)}`,
  );
  const places = lived
    .toSorted((one, other) => one.path.localeCompare(other.path) || one.line - other.line)
    .map(({ path, line, operator, was, replacement, text, fate }) => {
      const change = `${JSON.stringify(was.length > 60 ? `${was.slice(0, 60)}…` : was)} → ${JSON.stringify(replacement)}`;
      return `  ${path}:${line}  ${operator} ${change}${fate === "uncovered" ? " (no test comes here)" : ""}\n      ${text}`;
    });
  const score = scoreOf(found);
  const last = `mutation ${area.name}: mutants ${found.length}, killed ${found.length - lived.length} (${stopped} that did not end), lived ${lived.length}, score ${percent(score)}, goal ${percent(area.goal)}`;
  const parts = [files.join("\n"), places.length === 0 ? "" : `lived\n${places.join("\n")}`, last];
  return { text: parts.filter((part) => part !== "").join("\n\n"), holds: score >= area.goal };
}
