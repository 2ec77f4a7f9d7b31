/** Each mutant that is set aside names a line that is there, so that a rename does not bring it back unseen. */
import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { isTest, isTypeScript, readFiles } from "../sources/files.ts";
import type { Equivalent } from "./equivalents.ts";
import { EQUIVALENTS } from "./equivalents.ts";

/** What is set aside, and stands in none of the sources. */
export function checkEquivalents(
  known: readonly Pick<Equivalent, "path" | "line">[],
  sources: readonly SourceFile[],
): readonly Violation[] {
  return known.flatMap(({ path, line }) => {
    const files = sources.filter((source) => source.path.endsWith(path));
    if (files.length === 0) return [{ path: "tools/mutation", message: `sets a mutant of ${path} aside, which is not there` }];
    const found = files.some(({ text }) => text.split("\n").some((one) => one.includes(line)));
    return found
      ? []
      : [{ path: "tools/mutation", message: `sets a mutant of ${path} aside, on a line that is not there: ${line}` }];
  });
}

export const equivalents: Rule = {
  name: "mutants that are set aside",
  check: () =>
    checkEquivalents(
      EQUIVALENTS,
      readFiles((path) => isTypeScript(path) && !isTest(path)),
    ),
};

if (import.meta.main) await main(equivalents);
