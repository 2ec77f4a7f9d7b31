/**
 * No circle of imports between the files of a package, types included: of two files, one is understood without the
 * other.
 */
import { posix } from "node:path";
import { mainOf, type Ratchet, ratcheted } from "./ratchet.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, isTypeScript, readFiles } from "./sources/files.ts";
import { importsOf } from "./sources/imports.ts";
import { tokenize } from "./sources/tokens.ts";

type Graph = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Every import that is part of a circle, at its line. */
export function checkCycles(files: readonly SourceFile[]): readonly Violation[] {
  const graph = graphOf(files);
  return circles(graph).flatMap((members) =>
    members.flatMap((path) =>
      [...(graph.get(path) ?? [])]
        .filter(([target]) => members.includes(target))
        .map(([target, line]) => ({ path, line, message: `imports ${target}, which imports it again, directly or by others` })),
    ),
  );
}

/** Of each file, which of the others it imports, and in which line first. */
function graphOf(files: readonly SourceFile[]): Graph {
  const known = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, text }) => {
      const targets = new Map<string, number>();
      for (const { specifier, line } of importsOf(tokenize(text).code)) {
        const target = posix.join(posix.dirname(path), specifier ?? "");
        if (specifier?.startsWith(".") && known.has(target) && !targets.has(target)) targets.set(target, line);
      }
      return [path, targets];
    }),
  );
}

/** Strongly connected components of more than one file, or of one that imports itself (Tarjan 1972). */
function circles(graph: Graph): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): number => {
    const own = index.size;
    let lowest = own;
    index.set(path, own);
    stack.push(path);
    for (const target of graph.get(path)?.keys() ?? []) {
      if (!index.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, index.get(target) ?? own);
    }
    if (lowest === own) {
      const members = stack.splice(stack.indexOf(path));
      if (members.length > 1 || graph.get(path)?.has(path)) found.push(members.sort());
    }
    return lowest;
  };
  for (const path of graph.keys()) if (!index.has(path)) visit(path);
  return found;
}

const ratchet: Ratchet = {
  name: "no circular imports",
  program: "check-cycles.ts",
  what: "imports within a circle",
  find: () => checkCycles(readFiles((path) => /^(library|gateway)\/src\//.test(path) && isTypeScript(path) && !isTest(path))),
  where: ({ path }) => path,
};

export const cycles = ratcheted(ratchet);

if (import.meta.main) await mainOf(ratchet);
