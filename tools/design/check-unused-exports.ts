/** What a file exports is imported by another file, or published by an entry point; all else is the file's own. */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { isTest, isTypeScript, ROOT, readFiles } from "../sources/files.ts";
import type { Token } from "../sources/tokens.ts";
import { tokenize } from "../sources/tokens.ts";

/** A name in a file; `*` is every name. */
type Use = `${string}#${string}`;

const DECLARES = new Set(["const", "let", "function", "class", "interface", "type"]);
const SKIPPED = new Set(["declare", "abstract", "async", "*"]);

/** Every name that a source declares and exports, and no other file imports. `published`: entry points. */
export function checkUnusedExports(
  files: readonly SourceFile[],
  isSource: (path: string) => boolean,
  published: ReadonlySet<string>,
): readonly Violation[] {
  const read = files.map(({ path, text }) => ({ path, code: tokenize(text).code }));
  const used = new Set(read.flatMap(({ path, code }) => usesIn(path, code)));
  return read
    .filter(({ path }) => isSource(path) && !published.has(path))
    .flatMap(({ path, code }) =>
      declaredIn(code)
        .filter(({ name }) => !used.has(`${path}#${name}`) && !used.has(`${path}#*`))
        .map(({ name, line }) => ({ path, line, message: `exports ${name}, which nothing imports` })),
    );
}

/** What a file declares and exports at once. */
function declaredIn(code: readonly Token[]): readonly { readonly name: string; readonly line: number }[] {
  return code.flatMap((token, index) => {
    if (token.kind !== "name" || token.text !== "export") return [];
    let at = index + 1;
    while (SKIPPED.has(code[at]?.text ?? "")) at += 1;
    if (code[at]?.text === "type" && code[at + 1]?.text === "{") at += 1;
    if (code[at]?.text === "{") return listed(code, at);
    if (!DECLARES.has(code[at]?.text ?? "")) return [];
    if (code[at + 1]?.text === "{" || code[at + 1]?.text === "[") return listed(code, at + 1);
    const generator = code[at]?.text === "function" && code[at + 1]?.text === "*";
    const name = code[generator ? at + 2 : at + 1];
    return name?.kind === "name" ? [{ name: name.text, line: name.line }] : [];
  });
}

/** What a list exports, by the names that others see: `{ a, type B, c as d }`, `const { a, b: c }`. */
function listed(code: readonly Token[], open: number): readonly { readonly name: string; readonly line: number }[] {
  const names: { readonly name: string; readonly line: number }[] = [];
  for (let at = open + 1; at < code.length && !["}", "]"].includes(code[at]?.text ?? ""); at += 1) {
    const token = code[at];
    if (token?.kind === "name" && [",", "}", "]", "="].includes(code[at + 1]?.text ?? ""))
      names.push({ name: token.text, line: token.line });
  }
  return names;
}

/** What a file imports, or exports from another file. */
function usesIn(path: string, code: readonly Token[]): readonly Use[] {
  return code.flatMap((token, index) => {
    if (token.kind !== "name") return [];
    const specifier = code[index + 1];
    if (token.text === "from" && specifier?.kind === "string") {
      return named(code, index).map((name): Use => `${target(path, specifier.text)}#${name}`);
    }
    const argument = code[index + 2];
    const dynamic = token.text === "import" && specifier?.text === "(" && argument?.kind === "string";
    return dynamic ? [`${target(path, argument.text)}#*` as const] : [];
  });
}

/** The names between the braces before `from`, as the other file calls them; `*` where there are none. */
function named(code: readonly Token[], from: number): readonly string[] {
  if (code[from - 1]?.text !== "}") return ["*"];
  let open = from - 1;
  while (open > 0 && code[open]?.text !== "{") open -= 1;
  const inside = code.slice(open + 1, from - 1);
  return inside.filter(({ kind }, at) => kind === "name" && ["{", ","].includes(before(inside, at))).map(({ text }) => text);
}

/** What stands before a name of a list, a `type` in front of it aside. */
function before(inside: readonly Token[], at: number): string {
  const last = inside[at - 1]?.text ?? "{";
  if (last !== "type") return inside[at]?.text === "type" && inside[at + 1]?.kind === "name" ? "type" : last;
  return inside[at - 2]?.text ?? "{";
}

const target = (path: string, specifier: string): string =>
  specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;

/** The files that the packages publish, by their manifests. */
function publishedFiles(): ReadonlySet<string> {
  const manifest: { readonly exports: { readonly [entry: string]: unknown } } = JSON.parse(
    readFileSync(join(ROOT, "library/package.json"), "utf8"),
  );
  const sources = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === "object" && entry !== null && "coatcheck-source" in entry ? [String(entry["coatcheck-source"])] : [],
  );
  return new Set(sources.map((source) => posix.join("library", source)));
}

export const unusedExports: Rule = {
  name: "no export without an import",
  check: () =>
    checkUnusedExports(
      readFiles(isTypeScript),
      (path) => /^(?:library|gateway)\/src\//.test(path) && !isTest(path),
      publishedFiles(),
    ),
};

if (import.meta.main) await main(unusedExports);
