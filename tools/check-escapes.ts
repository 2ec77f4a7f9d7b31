/** Ways around a check: of the type checker, the linter or the tests. And marks of unfinished work. */

import { leftOut } from "./design/left-out.ts";
import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, isTypeScript, listFiles, readFiles } from "./sources/files.ts";
import type { Comment, Token } from "./sources/tokens.ts";
import { tokenize } from "./sources/tokens.ts";

/** Comments by which tools of any kind are told to look away; those of other tools stay if one is taken on. */
const DIRECTIVE =
  /@ts-(?:ignore|nocheck|expect-error)|(?:biome|rome|deno-lint|deno-fmt|dprint|prettier|oxlint|eslint|tslint|jshint|jscs|stylelint|v8|c8|istanbul|codeql|lgtm|semgrep|cspell|spell-checker|knip|coverage)[-: ]?\s?(?:ignore|disable|enable=|off)|eslint-(?:disable|enable)|node:coverage|nosonar|nosemgrep|noinspection|stryker|lgtm ?\[|jshint\s|@suppress|^\/\/\/\s*<(?:reference|amd)/i;
const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK|TBD|WIP)\b/;
const UNFINISHED_WORDS = /\b(?:todo|fixme):|\b(?:not (?:yet )?|un)implemented\b/i;

/** After these a `<` begins a cast, or the parameters of a function. */
const BEFORE_EXPRESSION = new Set([
  "=",
  "(",
  ",",
  "[",
  "{",
  ";",
  ":",
  "?",
  "=>",
  "return",
  "&&",
  "||",
  "??",
  "!",
  "...",
  "await",
]);
const KEYWORDS = new Set("return typeof case in of do else void delete throw new await yield instanceof".split(" "));

/** What no rule reads, with its reason. */
const UNREAD: { readonly [path: string]: string } = {
  "bench/servers/postgres/connect-pg-simple-module.d.ts": "declares what a peer of the benches lacks types for",
  "bench/servers/peers/express-session-module.d.ts": "declares what a peer of the benches lacks types for",
  "examples/demo/provider/oidc-provider.d.ts": "declares what the demo's provider lacks types for",
  "examples/demo/public/desk.js": "runs in the browser as it is",
  "examples/demo/public/session.js": "runs in the browser as it is",
  "examples/demo/public/sign-out.js": "runs in the browser as it is",
  "tools/build/bundled-http.cjs": "is CommonJS, so that exports are read one by one",
  "tools/build/bundled-undici.mjs": "stands in for undici's index in the bundle, and has no types",
  "tools/node-version.mjs": "runs under whatever Node there is, which may not know types",
};

/** Every way around, in code and in comments. */
export function checkEscapes(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const { code, comments } = tokenize(text);
    const inCode = code.flatMap((token, index) => at(path, token.line, inToken(code, index)));
    const tests = isTest(path) ? leftOut(code).map(({ line, word }) => ({ path, line, message: message(word) })) : [];
    return [...inCode, ...tests, ...comments.flatMap((comment) => at(path, comment.line, inComment(comment, path)))];
  });
}

/** Sources that are not read as TypeScript, so that no rule sees them; and exceptions that are none any more. */
export function checkUnread(paths: readonly string[], also: { readonly [path: string]: string } = UNREAD): readonly Violation[] {
  const unread = paths.filter((path) => /\.(?:[cm]?jsx?|d\.[cm]?ts)$/.test(path));
  const gone = Object.keys(also).filter((path) => !unread.includes(path));
  return [
    ...unread.filter((path) => !(path in also)).map((path) => ({ path, message: "is a source that no rule reads" })),
    ...gone.map((path) => ({ path, message: "is named in tools/check-escapes.ts as a source that no rule reads" })),
  ];
}

const message = (word: string): string => `a test is left out by ${word}`;

function at(path: string, line: number, message: string | undefined): readonly Violation[] {
  return message === undefined ? [] : [{ path, line, message }];
}

function inToken(code: readonly Token[], index: number): string | undefined {
  const token = code[index];
  const before = code[index - 1];
  const after = code[index + 1];
  if (token?.kind === "string" || token?.kind === "template") return inText(token.text);
  if (token?.kind === "punctuation") return inPunctuation(code, index);
  if (token?.kind !== "name") return undefined;
  if (token.text.includes("\\")) return "a name with an escape, which no rule knows";
  if (token.text === "any" && !isMember(before) && !is(after, "(")) return "the type any";
  if (token.text === "default" && (is(before, "export") || is(before, "as"))) return "a default export";
  if (token.text === "default" && is(before, "{") && is(after, "}")) return "a default export";
  if (token.text === "as" && isCast(code, index)) return is(after, "unknown") ? "a cast through unknown" : "a cast";
  if (token.text === "eval" && is(after, "(") && !isMember(before)) return "code that is made of a text";
  if (token.text === "Function" && is(after, "(")) return "code that is made of a text";
  return undefined;
}

const is = (token: Token | undefined, text: string): boolean =>
  token !== undefined && token.kind !== "string" && token.kind !== "template" && token.text === text;
const isMember = (before: Token | undefined): boolean => is(before, ".") || is(before, "?.");

function inText(text: string): string | undefined {
  return /^not (?:yet )?implemented/i.test(text) ? `a mark of unfinished work: ${text}` : undefined;
}

/** `x as T`, and neither `as const`, `{ a as b }`, `* as c`, a name `as` nor `[] as T[]`, which hides nothing. */
function isCast(code: readonly Token[], index: number): boolean {
  const before = code[index - 1];
  const after = code[index + 1];
  if (before === undefined || after === undefined || is(after, "const") || is(before, "*")) return false;
  // A cast through unknown is told once, at its first half; one to any as that.
  if (is(after, "any") || (isCastAgain(code, index - 1) && !is(after, "unknown"))) return false;
  if (before.kind === "string" || (is(before, "]") && is(code[index - 2], "["))) return false;
  if (isMember(before) || !endsValue(before) || [",", ")", ":", ";", "=", "(", "}"].includes(after.text)) return false;
  return !isAlias(code, index) && !isKeyOfMappedType(code, index);
}

/** `… as unknown` or `(… as unknown)`, which is cast again. */
const isCastAgain = (code: readonly Token[], last: number): boolean =>
  [last, last - 1].some((at) => is(code[at], "unknown") && is(code[at - 1], "as"));

/** Within the braces of an import or an export. */
function isAlias(code: readonly Token[], index: number): boolean {
  let at = index;
  while (at >= 0 && !is(code[at], "{") && !is(code[at], "(") && !is(code[at], ";")) at -= 1;
  const word = code[at - 1]?.text ?? "";
  return is(code[at], "{") && (["import", "export", "type"].includes(word) || (word === "," && isImport(code, at)));
}

/** `import x, { y as z } from …`. */
const isImport = (code: readonly Token[], brace: number): boolean =>
  is(code[brace - 3], "import") || is(code[brace - 4], "import");

/** `{ [K in keyof T as Name<K>]: … }`. */
function isKeyOfMappedType(code: readonly Token[], index: number): boolean {
  let at = index;
  while (at >= 0 && !is(code[at], "[") && !is(code[at], ";")) at -= 1;
  return is(code[at], "[") && is(code[at + 2], "in");
}

function endsValue(token: Token): boolean {
  if (token.kind === "punctuation") return [")", "]", "}"].includes(token.text);
  return token.kind !== "name" || !KEYWORDS.has(token.text);
}

function inPunctuation(code: readonly Token[], index: number): string | undefined {
  const before = code[index - 1];
  const after = code[index + 1];
  if (is(code[index], "!") && before !== undefined && endsValue(before) && before.text !== "}") {
    const ends = after === undefined || [".", "?.", ")", "]", "}", ";", ",", ":", "[", "(", "?", "as"].includes(after.text);
    if (ends) return "a value that is said not to be undefined";
  }
  if (is(code[index], "<") && (before === undefined || BEFORE_EXPRESSION.has(before.text)) && before?.kind !== "string") {
    return isAngledCast(code, index) ? "a cast" : undefined;
  }
  return undefined;
}

/** `<T>x`, and no `<T>(x) => …`. */
function isAngledCast(code: readonly Token[], open: number): boolean {
  let depth = 0;
  let at = open;
  for (; at < code.length; at += 1) {
    if (is(code[at], "<")) depth += 1;
    else if (is(code[at], ">")) depth -= 1;
    if (depth === 0) break;
  }
  const next = code[at + 1];
  if (!is(next, "(")) return next?.kind === "name" || next?.kind === "string" || is(next, "{") || is(next, "[");
  let brackets = 0;
  for (at += 1; at < code.length; at += 1) {
    if (is(code[at], "(")) brackets += 1;
    else if (is(code[at], ")")) brackets -= 1;
    if (brackets === 0) break;
  }
  return !is(code[at + 1], "=>") && !is(code[at + 1], ":");
}

function inComment({ text }: Comment, path: string): string | undefined {
  const directive = DIRECTIVE.exec(text)?.[0];
  const typeTest = path.endsWith(".test-d.ts") || /(^|\/)types\//.test(path);
  if (directive !== undefined && !(typeTest && directive === "@ts-expect-error")) return `a comment that silences: ${directive}`;
  const mark = (UNFINISHED.exec(text) ?? UNFINISHED_WORDS.exec(text))?.[0];
  return mark === undefined ? undefined : `a mark of unfinished work: ${mark}`;
}

export const escapes: Rule = {
  name: "no way around the checks",
  check: () => [...checkEscapes(readFiles(isTypeScript)), ...checkUnread(listFiles())],
};

if (import.meta.main) await main(escapes);
