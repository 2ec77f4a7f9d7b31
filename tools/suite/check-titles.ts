/** Titles of tests: at most 100 characters, and the ids of what is proved stand first. */
import { mainOf, packageOf, type Ratchet, ratcheted } from "../ratchet.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { readFiles } from "../sources/files.ts";

const LONGEST = 100;
/** A test with its title, as the formatter leaves it. */
const TITLE = /^[ ]*(?:await )?(?:\w+\.)?(?:test|it|suite|describe)\(\s*(?:"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/gm;
const IDS = /^(?:[A-Z]{1,2}-\d+,? )*/;
const ID = /(?<![\w-])[A-Z]{1,2}-\d+(?![\w-])/;

/** Titles that are too long, or that name an id in the midst of them. */
export function checkTitles(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(TITLE)].flatMap((found): readonly Violation[] => {
      const title = found[1] ?? found[2] ?? "";
      const line = text.slice(0, found.index).split("\n").length;
      const violations: Violation[] = [];
      if (title.length > LONGEST) {
        violations.push({ path, line, message: `is a title of ${title.length} characters; ${LONGEST} are the most` });
      }
      const late = ID.exec(title.replace(IDS, ""))?.[0];
      if (late !== undefined) violations.push({ path, line, message: `is a title that names ${late} after its beginning` });
      return violations;
    }),
  );
}

const ratchet: Ratchet = {
  name: "titles of tests",
  program: "suite/check-titles.ts",
  what: `titles past ${LONGEST} characters, or with an id in the midst of them`,
  find: () => checkTitles(readFiles((path) => path.endsWith(".test.ts"))),
  where: packageOf,
};

export const titles = ratcheted(ratchet);

if (import.meta.main) await mainOf(ratchet);
