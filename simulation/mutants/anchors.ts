/** Anchors: lines `// mutant: name` in the library's source, each above the statement that a mutant changes. */
import { readdirSync, readFileSync } from "node:fs";
import { type Token, tokenize } from "../../tools/sources/tokens.ts";
import { closing, type Span } from "./parts.ts";

/** A file of the library, and where anchors stand in it. */
export interface Source {
  readonly url: string;
  readonly text: string;
  readonly code: readonly Token[];
  /** By name, the statement below. */
  readonly anchored: readonly (readonly [name: string, statement: Span])[];
}

const ANCHOR = /^\/\/ mutant: (\S+)$/;

/** Reads one file. */
export function sourceOf(url: string, text: string): Source {
  const { code, comments } = tokenize(text);
  const anchored = comments.flatMap(({ text: comment, line }) => {
    // One that was wrapped into the comment above it is told too, by its name.
    if (!/\bmutant:/.test(comment)) return [];
    const [, name] = ANCHOR.exec(comment) ?? [];
    if (name === undefined) throw new TypeError(`${url}:${line}: an anchor is "// mutant: name", not ${comment}`);
    const first = code.findIndex((token) => token.line > line);
    if (code.some((token) => token.line === line)) throw new TypeError(`${url}:${line}: ${name} is not on a line of its own`);
    if (first === -1) throw new TypeError(`${url}:${line}: nothing stands below ${name}`);
    return [[name, { from: first, to: behind(code, first) }] as const];
  });
  return { url, text, code, anchored };
}

/** Every file of the library that holds an anchor. */
export function anchoredSources(folder = new URL(".", import.meta.resolve("coatcheck"))): readonly Source[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => new URL(path, folder).href)
    .map((url) => ({ url, text: readFileSync(new URL(url), "utf8") }))
    .filter(({ text }) => text.includes("mutant:"))
    .map(({ url, text }) => sourceOf(url, text));
}

/** The one source that holds an anchor, and the statement below it. */
export function anchored(sources: readonly Source[], name: string): readonly [source: Source, statement: Span] {
  const found = sources.flatMap((source) =>
    source.anchored.filter(([anchor]) => anchor === name).map(([, statement]) => [source, statement] as const),
  );
  const [only] = found;
  if (only === undefined) throw new TypeError(`no source holds the anchor "// mutant: ${name}"`);
  if (found.length > 1) throw new TypeError(`the anchor "// mutant: ${name}" stands ${found.length} times`);
  return only;
}

const text = (token: Token | undefined): string => (token?.kind === "name" || token?.kind === "punctuation" ? token.text : "");

/** Behind the statement, the property or the label of a case that begins at a token. */
function behind(code: readonly Token[], first: number): number {
  const begins = text(code[first]);
  if (begins === "{") return closing(code, first);
  if (begins === "if" || begins === "for" || begins === "while") {
    const end = behind(code, closing(code, first + 1));
    return text(code[end]) === "else" ? behind(code, end + 1) : end;
  }
  for (let at = first; at < code.length; ) {
    const here = text(code[at]);
    if (here === ";" || (begins === "case" && here === ":")) return at + 1;
    if (here === "," || here === ")" || here === "]" || here === "}") return at;
    at = here === "(" || here === "[" || here === "{" ? closing(code, at) : at + 1;
  }
  return code.length;
}
