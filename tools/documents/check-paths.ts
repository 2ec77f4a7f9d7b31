/**
 * Nothing that git keeps names a place on somebody's machine: a path that only exists there, or a host only they can
 * reach.
 */

import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { readFiles } from "../sources/files.ts";

/** Homes and scratch folders. Written in pieces, so that this file does not name one itself. */
const PLACES = new RegExp(
  `(?<![\\w.~-])/(?:${["tm" + "p/", "wo" + "rk/", "ro" + "ot/", "ho" + "me/", "Us" + "ers/"].join("|")})[A-Za-z0-9_.]`,
);

export function checkPaths(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((content, index) => {
      const place = PLACES.exec(content)?.[0];
      return place === undefined ? [] : [{ path, line: index + 1, message: `names a place on one machine: ${place}…` }];
    }),
  );
}

const BINARY = /\.(png|jpe?g|gif|ico|woff2?|pdf|db)$/;

export const paths: Rule = {
  name: "no absolute paths",
  check: () => checkPaths(readFiles((path) => !BINARY.test(path) && !path.endsWith("package-lock.json"))),
};

if (import.meta.main) await main(paths);
