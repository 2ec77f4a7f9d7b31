/** Comments and documents point at nothing that the repository does not have: a reader would look for it in vain. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { listFiles, ROOT, readFiles } from "../sources/files.ts";
import { lostAnchors, lostBranches, lostModules, lostNames, lostSections } from "./places.ts";

/** `docs/design.md`, `CONTRIBUTING.md`: a document by its name. */
const DOCUMENT = /(?<![\w/.:-])((?:[\w.-]+\/)*[\w-]+\.md)\b/g;
/**
 * `DESIGN §1.5`, `CHECKLIST CS-09`: a document by a name in capitals, with a place in it. Standards are named
 * otherwise.
 */
const BY_NAME = /\b(?!RFC|NIST|OIDC|ASVS|OWASP|WCAG)([A-Z]{4,}) (?:§ ?\d|[A-Z]{2}-\d\d)/g;
/** The document whose every path between backticks is one of the sources, and has the names that follow it. */
const HOUSE = "ARCHITECTURE.md";

/** The repository, as far as pointers go: its paths, and what its documents say. */
export interface Repository {
  readonly paths: ReadonlySet<string>;
  /** The text of a document or a source, or nothing if there is none. */
  readonly read: (path: string) => string | undefined;
}

/** Every pointer that leads nowhere. */
export function checkPointers(files: readonly SourceFile[], { paths, read }: Repository): readonly Violation[] {
  const names = new Set([...paths].map((path) => posix.basename(path)));
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    const found = lines.flatMap((content, index) => {
      const documents = [...content.matchAll(DOCUMENT)]
        .map(([, name = ""]) => name)
        .filter((name) => !exists(name, path, paths, names));
      const named = [...content.matchAll(BY_NAME)].map(([whole]) => whole);
      const places = [
        ...lostSections(content, path, read),
        ...(path.endsWith(".md") ? lostAnchors(content, path, read) : []),
        ...(path === HOUSE ? [...lostModules(content, paths), ...lostNames(content, read)] : []),
      ];
      return [...documents, ...named, ...places].map((name) => ({ name, line: index + 1 }));
    });
    const branches = path === HOUSE ? lostBranches(lines, paths) : [];
    return [...found, ...branches].map(({ name, line }) => ({
      path,
      line,
      message: `points at ${name}, which the repository does not have`,
    }));
  });
}

function exists(name: string, from: string, known: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  if (!name.includes("/")) return names.has(name);
  return known.has(posix.normalize(name)) || known.has(posix.join(posix.dirname(from), name));
}

const READ = /\.(ts|mts|js|mjs|md|conf|ya?ml|cfg)$|(^|\/)(Caddyfile|run)$/;

/** The documents and sources of the checkout, each read once. */
function documents(): Repository["read"] {
  const texts = new Map<string, string | undefined>();
  return (path) => {
    if (!/\.(md|ts)$/.test(path)) return undefined;
    if (!texts.has(path)) texts.set(path, existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : undefined);
    return texts.get(path);
  };
}

export const pointers: Rule = {
  name: "pointers lead somewhere",
  check: () => {
    // The tests of the rules plant documents of their own.
    const own = /^tools\/(.*\/)?check-[a-z]+\.test\.ts$|^tools\/documents\/(check-pointers|places)|^docs\/requirements\.md$/;
    return checkPointers(
      readFiles((path) => READ.test(path) && !own.test(path)),
      { paths: new Set(listFiles()), read: documents() },
    );
  },
};

if (import.meta.main) await main(pointers);
