/**
 * docs/requirements.md against the tests: each requirement has a test with its id in the name, or a reason why it is not
 * offered, and never both.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceFile, Violation } from "./files.ts";
import { isTypeScript, ROOT, readFiles } from "./files.ts";
import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { Token } from "./tokens.ts";
import { tokenize } from "./tokens.ts";

const TABLE = "docs/requirements.md";

/** The groups of the checklist with their last numbers, and of the two lists of cases. */
const GROUPS: { readonly [group: string]: readonly (readonly [first: number, last: number])[] } = {
  AR: [[1, 11]],
  CB: [[1, 15]],
  TK: [[1, 12]],
  ID: [[1, 17]],
  DK: [[1, 9]],
  CK: [[1, 15]],
  CR: [[1, 14]],
  SE: [[1, 17]],
  CS: [[1, 13]],
  RF: [[1, 9]],
  LO: [[1, 11]],
  PX: [[1, 5]],
  HD: [[1, 4]],
  OP: [[1, 3]],
  TP: [[1, 7]],
  JT: [[2, 2]],
  AD: [[5, 5]],
  S: [
    [1, 18],
    [21, 26],
    [28, 36],
    [38, 49],
  ],
  A: [[1, 48]],
};

const idOf = (group: string, number: number) => `${group}-${String(number).padStart(2, "0")}`;

/** Every id that the table must have. */
export const REQUIREMENTS: readonly string[] = Object.entries(GROUPS).flatMap(([group, ranges]) =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => idOf(group, first + index))),
);

const ID = /\b(AR|CB|TK|ID|DK|CK|CR|SE|CS|RF|LO|PX|HD|OP|TP|JT|AD|S|A)-(\d\d)\b/;
/** Ids that lead a title: `CB-03 …`, `CB-03, A-40: …`, `A-01…A-03 …`. */
const LEADING = new RegExp(`^(?:${ID.source}(?:\\s*(?:,|/|…|\\.\\.|and|\\+|&)?\\s*))+`);

/** The ids in a text, with ranges (`A-01…A-03`) written out. */
function idsIn(text: string): readonly string[] {
  const every = new RegExp(`${ID.source}(?:\\s*(?:…|\\.\\.)\\s*\\1-(\\d\\d)\\b)?`, "g");
  return [...text.matchAll(every)].flatMap(([, group = "", first = "", last]) => {
    const from = Number(first);
    return Array.from({ length: Number(last ?? first) - from + 1 }, (_, index) => idOf(group, from + index));
  });
}

const NAMED = new Set(["test", "it", "describe", "suite"]);

/** Ids in the names of tests: anywhere in a literal name, or leading any text, since tables of tests name theirs so. */
export function idsOfTests(files: readonly SourceFile[]): ReadonlySet<string> {
  return new Set(
    files.flatMap(({ path, text }) => {
      const { code } = tokenize(text);
      const titles = code.flatMap((token, index) => titleIds(token, code, index));
      return [...titles, ...(path.startsWith("conformance/") ? fileIds(path) : [])];
    }),
  );
}

function titleIds(token: Token, code: readonly Token[], index: number): readonly string[] {
  if (token.kind !== "string" && token.kind !== "template") return [];
  const named = code[index - 1]?.text === "(" && NAMED.has(code[index - 2]?.text ?? "");
  return idsIn(named ? token.text : (LEADING.exec(token.text)?.[0] ?? ""));
}

/** `conformance/modules/cb-03-iss-missing.ts` is a test of CB-03. */
function fileIds(path: string): readonly string[] {
  const name = path.split("/").at(-1) ?? "";
  return idsIn(
    LEADING.exec(
      name
        .toUpperCase()
        .replaceAll("-", " ")
        .replace(/\b([A-Z]+) (\d\d)\b/g, "$1-$2"),
    )?.[0] ?? "",
  );
}

/** A row of the table: what it says of an id. */
interface Row {
  readonly id: string;
  readonly state: string;
  readonly line: number;
}

function rowsOf(table: string): readonly Row[] {
  return table.split("\n").flatMap((content, index) => {
    const cells = content.split(" | ");
    const id = /^\| ([A-Z]+-\d\d)$/.exec(cells[0] ?? "")?.[1];
    return id === undefined ? [] : [{ id, state: (cells.at(-1) ?? "").replace(/ \|$/, "").trim(), line: index + 1 }];
  });
}

/** What the table and the tests do not agree about. */
export function checkRequirements(
  table: string,
  tested: ReadonlySet<string>,
  wanted: readonly string[] = REQUIREMENTS,
): readonly Violation[] {
  const rows = rowsOf(table);
  const listed = rows.map((row) => row.id);
  const unlisted = wanted.filter((id) => !listed.includes(id)).map((id) => ({ path: TABLE, message: `has no row for ${id}` }));
  const wrong = rows.flatMap((row, index) => {
    const message = listed.indexOf(row.id) === index ? judge(row, tested, wanted) : `has a second row for ${row.id}`;
    return message === undefined ? [] : [{ path: TABLE, line: row.line, message }];
  });
  return [...unlisted, ...wrong];
}

function judge({ id, state }: Row, tested: ReadonlySet<string>, wanted: readonly string[]): string | undefined {
  if (!wanted.includes(id)) return `has a row for ${id}, which is no requirement`;
  const reason = /^not offered: (.*)$/.exec(state)?.[1];
  if (reason === undefined && state !== "tested") return `${id} is neither "tested" nor "not offered: reason"`;
  if (reason === undefined) return tested.has(id) ? undefined : `${id} has no test`;
  if (tested.has(id)) return `${id} has a test and a reason not to be offered; one of them is stale`;
  return reason.length < 20 ? `${id} is not offered for no reason` : undefined;
}

/** Where tests are named: beside the source, in the conformance modules, in the published suites. */
function holdsTests(path: string): boolean {
  return isTypeScript(path) && (path.endsWith(".test.ts") || /^(conformance|library\/src\/testing)\//.test(path));
}

export const requirements: Rule = {
  name: "requirements",
  check: () => {
    const own = /^tools\/check-requirements/;
    const tests = readFiles((path) => holdsTests(path) && !own.test(path));
    return checkRequirements(readFileSync(join(ROOT, TABLE), "utf8"), idsOfTests(tests));
  },
};

if (import.meta.main) await main(requirements);
