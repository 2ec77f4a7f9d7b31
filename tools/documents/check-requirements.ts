/**
 * docs/requirements.md against the tests: each requirement has a test with its id in the name, or a reason why it is
 * not offered or was decided otherwise.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { isTypeScript, ROOT, readFiles } from "../sources/files.ts";
import type { Token } from "../sources/tokens.ts";
import { tokenize } from "../sources/tokens.ts";

const TABLE = "docs/requirements.md";

/** The groups of the lists, with their last numbers. */
const GROUPS: { readonly [group: string]: number } = {
  AR: 11,
  CB: 15,
  TK: 12,
  ID: 17,
  DK: 9,
  CK: 15,
  CR: 14,
  SE: 17,
  CS: 13,
  RF: 9,
  LO: 11,
  PX: 5,
  TP: 7,
  JT: 9,
  AD: 5,
  DB: 4,
  HD: 4,
  OP: 3,
  S: 69,
  A: 48,
  F: 71,
};

const idOf = (group: string, number: number) => `${group}-${String(number).padStart(2, "0")}`;

/** Every id that the table must have. */
export const REQUIREMENTS: readonly string[] = Object.entries(GROUPS).flatMap(([group, last]) =>
  Array.from({ length: last }, (_, index) => idOf(group, index + 1)),
);

const ID = /\b(AR|CB|TK|ID|DK|CK|CR|SE|CS|RF|LO|PX|HD|OP|TP|JT|AD|DB|S|A|F)-(\d\d)\b/;
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

/** Every state but `tested` gives a reason. */
const STATE = /^(?:tested|(not offered|tested in part|decided otherwise): (.*))$/;

function judge({ id, state }: Row, tested: ReadonlySet<string>, wanted: readonly string[]): string | undefined {
  if (!wanted.includes(id)) return `has a row for ${id}, which is no requirement`;
  const [match, kind = "tested", reason = ""] = STATE.exec(state) ?? [];
  if (match === undefined) return `${id} is none of "tested", "tested in part: …", "decided otherwise: …", "not offered: …"`;
  if (kind.startsWith("tested") && !tested.has(id)) return `${id} has no test`;
  if (kind !== "tested" && reason.length < 20) return `${id} is ${kind} for no reason`;
  if (kind === "not offered" && tested.has(id)) return `${id} has a test and a reason not to be offered; one of them is stale`;
  return undefined;
}

/** Where tests are named: beside the source, in the conformance modules, in the published suites. */
function holdsTests(path: string): boolean {
  return isTypeScript(path) && (path.endsWith(".test.ts") || /^(conformance|library\/src\/testing)\//.test(path));
}

export const requirements: Rule = {
  name: "requirements",
  check: () => {
    const own = /^tools\/documents\/check-requirements/;
    const tests = readFiles((path) => holdsTests(path) && !own.test(path));
    return checkRequirements(readFileSync(join(ROOT, TABLE), "utf8"), idsOfTests(tests));
  },
};

if (import.meta.main) await main(requirements);
