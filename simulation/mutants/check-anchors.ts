/**
 * A rule of `npm run check`: every mutant finds its anchors in the library, once each and above a statement that it
 * changes, and every anchor is some mutant's. Source that moves loses a mutant without a word otherwise.
 */
import type { Source } from "./anchors.ts";
import { anchoredSources } from "./anchors.ts";
import { broken } from "./break.ts";
import { MUTANTS } from "./list.ts";
import type { Mutant } from "./mutant.ts";

/** What is wrong with the anchors of these sources, a line for each. */
export function faultsOf(sources: readonly Source[], mutants: readonly Mutant[]): readonly string[] {
  const used = new Set(
    mutants.flatMap(({ edits }) => edits.flatMap((edit) => ("first" in edit ? [edit.first, edit.second] : [edit.anchor]))),
  );
  const unused = sources.flatMap(({ url, anchored }) =>
    anchored.filter(([name]) => !used.has(name)).map(([name]) => `${url}: no mutant uses the anchor "// mutant: ${name}"`),
  );
  return [...mutants.flatMap((mutant) => faultOf(mutant, sources)), ...unused];
}

function faultOf(mutant: Mutant, sources: readonly Source[]): readonly string[] {
  try {
    const texts = broken(mutant, sources);
    const changes = sources.some(({ url, text }) => texts.has(url) && texts.get(url) !== text);
    return changes ? [] : [`mutant ${mutant.name}: it changes nothing`];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

if (import.meta.main) {
  const faults = faultsOf(anchoredSources(new URL("../../library/src/", import.meta.url)), MUTANTS);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
