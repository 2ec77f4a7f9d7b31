/** Breaks the engine as a mutant says. */
import { registerHooks } from "node:module";
import type { Source } from "./anchors.ts";
import { anchored, anchoredSources } from "./anchors.ts";
import type { Edit, Mutant } from "./mutant.ts";
import type { Part, Span } from "./parts.ts";
import { value } from "./parts.ts";

/** One stretch of a source, and what stands there instead. */
export interface Cut {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** What a mutant changes. Throws, with its name, where an anchor or a part of its statement is not there. */
export function cutsOf({ name, edits }: Mutant, sources: readonly Source[]): readonly Cut[] {
  try {
    return edits.flatMap((edit) => cuts(edit, sources));
  } catch (cause) {
    throw new TypeError(`mutant ${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function cuts(edit: Edit, sources: readonly Source[]): readonly Cut[] {
  if ("first" in edit) return exchanged(anchored(sources, edit.first), anchored(sources, edit.second));
  const [source, statement] = anchored(sources, edit.anchor);
  const part = follow(source, statement, edit.at);
  const pick = (...parts: readonly Part[]): string => said(source, follow(source, part, parts));
  return [cut(source, part, edit.becomes(said(source, part), pick))];
}

const follow = ({ code }: Source, whole: Span, parts: readonly Part[]): Span =>
  parts.reduce((span, part) => part(code, span), whole);

function cut(source: Source, { from, to }: Span, replacement: string): Cut {
  return { source, start: source.code[from]?.start ?? 0, end: source.code[to - 1]?.end ?? 0, replacement };
}

const said = (source: Source, span: Span): string => {
  const { start, end } = cut(source, span, "");
  return source.text.slice(start, end);
};

type Place = readonly [source: Source, statement: Span];

/** What is returned is made first, and returned when the other is done. */
function exchanged([source, first]: Place, [other, second]: Place): readonly Cut[] {
  const returns = source.code[second.from]?.text === "return";
  const later = returns
    ? `const madeFirst = await ${said(other, value(other.code, second))};\n${said(source, first)}\nreturn madeFirst;`
    : said(source, first);
  return [cut(source, first, returns ? ";" : said(other, second)), cut(other, second, later)];
}

/** The sources that a mutant changes, as they then are, by their addresses. */
export function broken(mutant: Mutant, sources: readonly Source[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { source, start, end, replacement } of cutsOf(mutant, sources).toSorted((one, other) => other.start - one.start)) {
    const text = texts.get(source.url) ?? source.text;
    texts.set(source.url, text.slice(0, start) + replacement + text.slice(end));
  }
  return texts;
}

/** From now on the library is loaded with these changes. To be called before it is loaded at all. */
export function breakEngine(mutant: Mutant): void {
  const texts = broken(mutant, anchoredSources());
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const source = texts.get(url);
      return source === undefined ? loaded : { ...loaded, source };
    },
  });
}
