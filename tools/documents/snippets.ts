/** Code that stands in prose: fenced blocks of Markdown files, and of the `@example`s of docstrings. */
import type { SourceFile } from "../sources/files.ts";

export interface Snippet {
  /** The file it stands in. */
  readonly path: string;
  /** The line of its first line of code. */
  readonly line: number;
  /** What the fence says it is: `ts`, `sh`, `nginx`, … */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown file. */
export function snippetsOf({ path, text }: SourceFile): readonly Snippet[] {
  return fences(path, text.split("\n"), (line) => line);
}

/** The fenced blocks within the docstrings of a source file. */
export function examplesOf({ path, text }: SourceFile): readonly Snippet[] {
  return fences(path, text.split("\n"), (line) => /^\s*\* ?(.*)$/.exec(line)?.[1]);
}

/** Blocks between fences; `content` answers what a line says, or nothing where it cannot be part of a block. */
function fences(path: string, lines: readonly string[], content: (line: string) => string | undefined): readonly Snippet[] {
  const found: Snippet[] = [];
  let open: { readonly language: string; readonly indent: string; readonly line: number; readonly body: string[] } | undefined;
  for (const [index, line] of lines.entries()) {
    const said = content(line);
    const fence = /^(\s*)```\s*(\S*)/.exec(said ?? "");
    if (open === undefined) {
      if (fence?.[2]) open = { language: fence[2], indent: fence[1] ?? "", line: index + 2, body: [] };
    } else if (said === undefined || fence !== null) {
      found.push({ path, line: open.line, language: open.language, text: open.body.join("\n") });
      open = undefined;
    } else open.body.push(said.startsWith(open.indent) ? said.slice(open.indent.length) : said);
  }
  return found;
}
