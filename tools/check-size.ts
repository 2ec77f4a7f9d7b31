/** One idea a file: past 300 lines of source it has become two; past 250 it is worth a look. */

import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, isTypeScript, readFiles } from "./sources/files.ts";

const MOST = 300;
const NOTEWORTHY = 250;

const linesOf = (text: string) => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

/** Files of more than `most` lines and, where given, of at most `upTo`. */
export function checkSize(files: readonly SourceFile[], most = MOST, upTo = Number.POSITIVE_INFINITY): readonly Violation[] {
  return files
    .map(({ path, text }) => ({ path, lines: linesOf(text) }))
    .filter(({ lines }) => lines > most && lines <= upTo)
    .map(({ path, lines }) => ({ path, message: `has ${lines} lines; ${MOST} are the most, ${NOTEWORTHY} are plenty` }));
}

const sources = () => readFiles((path) => isTypeScript(path) && !isTest(path));

export const size: Rule = {
  name: "file length",
  check: () => checkSize(sources()),
  notes: () => checkSize(sources(), NOTEWORTHY, MOST),
};

if (import.meta.main) await main(size);
