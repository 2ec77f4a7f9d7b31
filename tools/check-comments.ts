/** Comments are read in columns that fit beside something else: at most 120. The formatter leaves them alone. */

import { mainOf, packageOf, type Ratchet, ratcheted } from "./ratchet.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTypeScript, readFiles } from "./sources/files.ts";
import { tokenize } from "./sources/tokens.ts";

const WIDEST = 120;
/** What a line of comment can begin with; the tokens decide whether it is one. */
const MAYBE = /^\s*(?:\/\/|\/\*|\*)/;

/** Lines past 120 columns that hold nothing but a comment. */
export function checkComments(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    if (!lines.some(isLong)) return [];
    const comments = tokenize(text).comments.flatMap((comment) =>
      comment.text.split("\n").map((_, index) => ({ line: comment.line + index, inside: index > 0 })),
    );
    const wide = comments.filter(({ line, inside }) => (inside ? isLong : isWide)(lines[line - 1] ?? ""));
    return [...new Set(wide.map(({ line }) => line))].map((line) => ({
      path,
      line,
      message: `is a comment of ${lines[line - 1]?.length} columns; ${WIDEST} are the most`,
    }));
  });
}

const isLong = (line: string) => line.length > WIDEST;
/** Within a comment of several lines each is its own, whatever it begins with. */
const isWide = (line: string) => isLong(line) && MAYBE.test(line);

const ratchet: Ratchet = {
  name: "width of comments",
  program: "check-comments.ts",
  what: `comment lines past ${WIDEST} columns`,
  find: () => checkComments(readFiles(isTypeScript)),
  where: packageOf,
};

export const comments = ratcheted(ratchet);

if (import.meta.main) await mainOf(ratchet);
