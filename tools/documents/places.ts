/** Places within documents and within the sources, as a pointer in prose names them. */
import { posix } from "node:path";

/** `docs/design.md §1.5`: a section of a document and, where it has a list of numbers, an item of it. */
const SECTION = /([\w./-]+\.md) §(\d+)(?:\.(\d+))?/g;
/** `§1.5` in the document itself; the sections of standards are named after their document: `RFC 9110 §7.6`. */
const OWN_SECTION = /(?<!\.md |[A-Z]{2,}[\w -]*)§(\d+)(?:\.(\d+))?/g;
/** `[keys](docs/keys.md#rotation)`. */
const ANCHOR = /\]\(([\w./-]*\.md)?#([\w-]+)\)/g;
/** `engine/refresh/coordinator` between backticks, `testing/store-suite/*` as well. */
const MODULE = /`((?:[a-z][\w-]*\/)+[\w.-]*\*?)`/g;
/** `engine/flow` (`flow`, `conclude`): a module, and names in it. */
const NAMES_IN = /`((?:[a-z][\w-]*\/)+[\w.-]+)` \(((?:`[^`]+`(?:, )?)+)/g;
/** A line of the tree of folders: the top ones stand at the margin, what is in them is indented. */
const TREE = /^(\s*)([\w-]+(?:\/[\w.-]+)*\/?)(?:\s{2,}|$)/;

/** The text of a document, or nothing where there is none. */
type Read = (path: string) => string | undefined;

/** Sections that a line names and that the documents do not have. */
export function lostSections(line: string, from: string, read: Read): readonly string[] {
  const elsewhere = [...line.matchAll(SECTION)]
    .filter(([, name = "", section = "", item]) => {
      const text = read(posix.normalize(name)) ?? read(posix.join(posix.dirname(from), name));
      return text !== undefined && !hasSection(text, section, item);
    })
    .map(([whole]) => whole);
  const own = from.endsWith(".md") ? read(from) : undefined;
  if (own === undefined || !/^## \d+\. /m.test(own)) return elsewhere;
  const here = [...line.matchAll(OWN_SECTION)].filter(([, section = "", item]) => !hasSection(own, section, item));
  return [...elsewhere, ...here.map(([whole]) => whole)];
}

/** Whether `## 1. …` stands in the text and, below it, a list with the item `5.`. */
function hasSection(text: string, section: string, item: string | undefined): boolean {
  const begin = new RegExp(`^## ${section}\\. `, "m").exec(text)?.index;
  if (begin === undefined) return false;
  const end = text.indexOf("\n## ", begin);
  return item === undefined || new RegExp(`^${item}\\. `, "m").test(text.slice(begin, end < 0 ? undefined : end));
}

/** Links of a line whose heading the document does not have. */
export function lostAnchors(line: string, from: string, read: Read): readonly string[] {
  return [...line.matchAll(ANCHOR)]
    .filter(([, name, anchor = ""]) => {
      const text = read(name === undefined ? from : posix.join(posix.dirname(from), name));
      return text !== undefined && !headings(text).has(anchor);
    })
    .map(([, name = "", anchor]) => `${name}#${anchor}`);
}

/** What a heading's address is: lower case, no punctuation, a hyphen for each space. */
function headings(text: string): ReadonlySet<string> {
  const titles = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) => title);
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

/** Modules and folders of the sources that a line names between backticks and that are not there. */
export function lostModules(line: string, known: ReadonlySet<string>): readonly string[] {
  return [...line.matchAll(MODULE)]
    .map(([, name = ""]) => name)
    .filter((name) => !ROOTS.some((root) => isThere(root + name, known)));
}

/** Names that a line says a module of the sources has, and that stand nowhere in it. */
export function lostNames(line: string, read: Read): readonly string[] {
  return [...line.matchAll(NAMES_IN)].flatMap(([, module = "", names = ""]) => {
    const text = ROOTS.map((root) => read(`${root}${module}.ts`)).find((found) => found !== undefined);
    if (text === undefined) return [];
    return [...names.matchAll(/`(\w+)/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(text))
      .map((name) => `${name} in ${module}`);
  });
}

/** Where the modules that a document names by a short path may lie. */
const ROOTS = ["library/src/", "gateway/src/", ""];

function isThere(name: string, known: ReadonlySet<string>): boolean {
  const folder = name.replace(/\/?\*?$/, "/");
  return known.has(name) || known.has(`${name}.ts`) || [...known].some((path) => path.startsWith(folder));
}

/** Folders and files of the tree of folders that are not there. `lines` are those of a document. */
export function lostBranches(
  lines: readonly string[],
  known: ReadonlySet<string>,
): readonly { readonly name: string; readonly line: number }[] {
  const lost: { readonly name: string; readonly line: number }[] = [];
  let inside = false;
  let top = "";
  for (const [index, content] of lines.entries()) {
    if (content.startsWith("```")) inside = !inside;
    const [, indent, name = ""] = (inside && TREE.exec(content)) || [];
    if (indent === undefined || !/[/.]/.test(name)) continue;
    if (indent === "") top = name;
    const path = indent === "" ? name : posix.join(top, name);
    if (!isThere(path, known)) lost.push({ name: path, line: index + 1 });
  }
  return lost;
}
