/** Comments and documents point at nothing that the repository does not have: a reader would look for it in vain. */
import { posix } from "node:path";
import type { SourceFile, Violation } from "./files.ts";
import { listFiles, readFiles } from "./files.ts";
import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";

/** `docs/design.md`, `CONTRIBUTING.md`: a document by its name. */
const DOCUMENT = /(?<![\w/.:-])((?:[\w.-]+\/)*[\w-]+\.md)\b/g;
/** `DESIGN §1.5`, `CHECKLIST CS-09`: a document by a name in capitals, with a place in it. Standards are named otherwise. */
const BY_NAME = /\b(?!RFC|NIST|OIDC|ASVS|OWASP|WCAG)([A-Z]{4,}) (?:§ ?\d|[A-Z]{2}-\d\d)/g;

/** Every pointer that leads nowhere. `known` are the paths of the repository. */
export function checkPointers(files: readonly SourceFile[], known: ReadonlySet<string>): readonly Violation[] {
  const names = new Set([...known].map((path) => posix.basename(path)));
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((content, index) => {
      const documents = [...content.matchAll(DOCUMENT)]
        .map(([, name = ""]) => name)
        .filter((name) => !exists(name, path, known, names));
      const named = [...content.matchAll(BY_NAME)].map(([whole]) => whole);
      return [...documents, ...named].map((name) => ({
        path,
        line: index + 1,
        message: `points at ${name}, which the repository does not have`,
      }));
    }),
  );
}

function exists(name: string, from: string, known: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  if (!name.includes("/")) return names.has(name);
  return known.has(posix.normalize(name)) || known.has(posix.join(posix.dirname(from), name));
}

const READ = /\.(ts|mts|js|mjs|md|conf|ya?ml|cfg)$|(^|\/)(Caddyfile|run)$/;

export const pointers: Rule = {
  name: "pointers lead somewhere",
  check: () => {
    // The tests of the rules plant documents of their own.
    const own = /^tools\/check-[a-z]+\.test\.ts$|^tools\/check-pointers|^docs\/requirements\.md$/;
    return checkPointers(
      readFiles((path) => READ.test(path) && !own.test(path)),
      new Set(listFiles()),
    );
  },
};

if (import.meta.main) await main(pointers);
