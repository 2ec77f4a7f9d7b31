/** A folder that can be read at a glance: at most 15 source files, beside their tests. */
import { posix } from "node:path";
import { mainOf, type Ratchet, ratcheted } from "./ratchet.ts";
import type { Violation } from "./sources/files.ts";
import { isTypeScript, listFiles } from "./sources/files.ts";

const MOST = 15;

/** Each source file of a folder that comes after the fifteenth. */
export function checkFolders(paths: readonly string[]): readonly Violation[] {
  const folders = Map.groupBy(
    paths.filter((path) => isTypeScript(path) && !/\.test(-d)?\.ts$/.test(path)),
    posix.dirname,
  );
  return [...folders].flatMap(([folder, files]) =>
    files.slice(MOST).map((path) => ({ path, message: `is beyond the ${MOST}th source file of ${folder}` })),
  );
}

const ratchet: Ratchet = {
  name: "folders of 15 files",
  program: "check-folders.ts",
  what: `source files beyond the ${MOST}th`,
  find: () => checkFolders(listFiles()),
  where: ({ path }) => posix.dirname(path),
};

export const folders = ratcheted(ratchet);

if (import.meta.main) await mainOf(ratchet);
