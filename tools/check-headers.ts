/** Every source begins by saying what it is for: a comment in its first line, before the imports. */

import { mainOf, packageOf, type Ratchet, ratcheted } from "./ratchet.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, isTypeScript, readFiles } from "./sources/files.ts";

/** Files that begin with something else than a comment of words; a line for the shell may stand before it. */
export function checkHeaders(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const begun = text.replace(/^#!.*\n/, "");
    return /^(?:\/\/[ \t]*[^\s/]|\/\*[\s*]*[^\s*/])/.test(begun)
      ? []
      : [{ path, line: 1, message: "has no comment at the top that says what it is for" }];
  });
}

const ratchet: Ratchet = {
  name: "headers of files",
  program: "check-headers.ts",
  what: "sources without a comment at the top",
  find: () => checkHeaders(readFiles((path) => isTypeScript(path) && !isTest(path))),
  where: packageOf,
};

export const headers = ratcheted(ratchet);

if (import.meta.main) await mainOf(ratchet);
