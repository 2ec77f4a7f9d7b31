/** Six lines do not stand twice in the sources of the packages: what is the same idea is one piece of code. */

import { mainOf, packageOf, type Ratchet, ratcheted } from "./ratchet.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, isTypeScript, readFiles } from "./sources/files.ts";

const LENGTH = 6;

interface Line {
  readonly path: string;
  readonly number: number;
  readonly text: string;
}

/** Places where six lines or more stand that stood before; one for each run of them. */
export function checkRepeats(files: readonly SourceFile[]): readonly Violation[] {
  const seen = new Map<string, Line>();
  const found: Violation[] = [];
  for (const file of files) {
    const lines = tellingLines(file);
    const windows = lines.slice(0, Math.max(0, lines.length - LENGTH + 1)).map((line, at) => ({
      line,
      text: lines
        .slice(at, at + LENGTH)
        .map(({ text }) => text)
        .join("\n"),
    }));
    let running = false;
    for (const { line, text } of windows) {
      const before = seen.get(text);
      if (before === undefined) seen.set(text, line);
      else if (!running) found.push({ path: file.path, line: line.number, message: `repeats ${before.path}:${before.number}` });
      running = before !== undefined;
    }
  }
  return found;
}

/** The lines that say something, without their indentation: no empty ones, and no imports, which have to be alike. */
function tellingLines({ path, text }: SourceFile): readonly Line[] {
  const withoutImports = text.replace(/^(?:import|export)\b[^;(=]*?from "[^"]*";$/gm, (whole) => whole.replace(/[^\n]/g, ""));
  return withoutImports
    .split("\n")
    .map((line, index) => ({ path, number: index + 1, text: line.trim() }))
    .filter((line) => line.text !== "");
}

const ratchet: Ratchet = {
  name: "no six lines twice",
  program: "check-repeats.ts",
  what: `places that repeat ${LENGTH} lines or more`,
  find: () => checkRepeats(readFiles((path) => /^(library|gateway)\/src\//.test(path) && isTypeScript(path) && !isTest(path))),
  where: packageOf,
};

export const repeats = ratcheted(ratchet);

if (import.meta.main) await mainOf(ratchet);
