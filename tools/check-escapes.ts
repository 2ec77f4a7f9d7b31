/** Ways around a check: of the type checker, the linter or the tests. And marks of unfinished work. */

import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, isTypeScript, readFiles } from "./sources/files.ts";
import type { Comment, Token } from "./sources/tokens.ts";
import { tokenize } from "./sources/tokens.ts";

/** Before a type, so that `any` there is the type and no name. */
const BEFORE_TYPE = new Set([":", "<", "|", "&", "as", "satisfies", "=>", "extends", "="]);
const RUNNERS = new Set(["test", "it", "describe", "suite", "t", "context"]);
const LEFT_OUT = new Set(["skip", "only", "todo"]);
const DIRECTIVE = /@ts-(ignore|nocheck|expect-error)|biome-ignore/;
const UNFINISHED = /\b(TODO|FIXME|XXX|HACK)\b|[Nn]ot implemented/;

/** Every way around, in code and in comments. */
export function checkEscapes(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const { code, comments } = tokenize(text);
    const inCode = code.flatMap((token, index) => at(path, token.line, inToken(code, index, isTest(path))));
    return [...inCode, ...comments.flatMap((comment) => at(path, comment.line, inComment(comment, path)))];
  });
}

function at(path: string, line: number, message: string | undefined): readonly Violation[] {
  return message === undefined ? [] : [{ path, line, message }];
}

function inToken(code: readonly Token[], index: number, test: boolean): string | undefined {
  const token = code[index];
  const before = code[index - 1];
  const after = code[index + 1];
  if (token === undefined || token.kind !== "name") return undefined;
  if (token.text === "any" && before?.kind !== "string" && BEFORE_TYPE.has(before?.text ?? "")) return "the type any";
  if (token.text === "default" && before?.text === "export") return "a default export";
  if (token.text === "as" && after?.text === "unknown" && code[index + 2]?.text === "as") return "a cast through unknown";
  return test && LEFT_OUT.has(token.text) ? leftOut(token.text, code, index) : undefined;
}

/** `test.skip(…)`, `t.todo(…)`, `{ only: true }`. */
function leftOut(word: string, code: readonly Token[], index: number): string | undefined {
  const called = code[index - 1]?.text === "." && RUNNERS.has(code[index - 2]?.text ?? "") && code[index + 1]?.text === "(";
  const option =
    code[index + 1]?.text === ":" && code[index + 2]?.text !== "false" && ["{", ","].includes(code[index - 1]?.text ?? "");
  return called || option ? `a test is left out by ${word}` : undefined;
}

function inComment({ text }: Comment, path: string): string | undefined {
  const directive = DIRECTIVE.exec(text)?.[0];
  const typeTest = path.endsWith(".test-d.ts") || /(^|\/)types\//.test(path);
  if (directive !== undefined && !(typeTest && directive === "@ts-expect-error")) return `a comment that silences: ${directive}`;
  const mark = UNFINISHED.exec(text)?.[0];
  return mark === undefined ? undefined : `a mark of unfinished work: ${mark}`;
}

export const escapes: Rule = { name: "no way around the checks", check: () => checkEscapes(readFiles(isTypeScript)) };

if (import.meta.main) await main(escapes);
