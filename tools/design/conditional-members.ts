/** Members that an object has only sometimes, made by a condition instead of `omitUndefined({ … })`. */
import type { SourceFile, Violation } from "../sources/files.ts";
import type { Token } from "../sources/tokens.ts";
import { tokenize } from "../sources/tokens.ts";

const OPENS = new Set(["(", "[", "{"]);
const CLOSES = new Set([")", "]", "}"]);
const ENDS = new Set([",", ";", ...CLOSES]);
const NOTHING = new Set(["undefined", "null", "{}"]);

type Code = readonly Token[];

const is = (token: Token | undefined, ...texts: readonly string[]): boolean =>
  token?.kind !== "string" && token?.kind !== "template" && texts.includes(token?.text ?? "");

/** Every place of that kind: `...(x === undefined ? {} : { x })`, `...(x && { x })`, `const y = x ? { x } : {}`. */
export function checkConditionalMembers(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const { code } = tokenize(text);
    const lines = code.flatMap((token, at) => (isConditional(code, at) ? [token.line] : []));
    return [...new Set(lines)].map((line) => ({
      path,
      line,
      message: "has members on a condition, which omitUndefined({ … }) is there for",
    }));
  });
}

function isConditional(code: Code, at: number): boolean {
  const token = code[at];
  if (is(token, "...")) return isInObject(code, at) && spreadsSometimes(operandFrom(code, at + 1));
  return is(token, "?") && !is(code[at + 1], ":", ")", ",") && hasEmptyBranch(code, at);
}

/** `cond ? {} : { … }`, or the other way round. */
function hasEmptyBranch(code: Code, question: number): boolean {
  const [yes, no] = branchesOf(code, question);
  return [yes, no].some((branch) => textOf(branch) === "{}") && [yes, no].every((branch) => is(branch[0], "{"));
}

/** What is spread is sometimes nothing. */
function spreadsSometimes(operand: Code): boolean {
  const question = topLevel(operand, "?");
  if (question >= 0) return branchesOf(operand, question).some((branch) => NOTHING.has(textOf(branch)));
  const or = topLevel(operand, "||");
  return topLevel(operand, "&&") >= 0 || (or >= 0 && is(operand[or + 1], "{") && !is(operand[or + 2], "}"));
}

/** What stands between `?` and `:`, and what stands behind. */
function branchesOf(code: Code, question: number): readonly [Code, Code] {
  let nested = 0;
  let depth = 0;
  let colon = question + 1;
  for (; colon < code.length; colon++) {
    const token = code[colon];
    if (is(token, ...OPENS)) depth++;
    else if (is(token, ...CLOSES)) depth--;
    else if (depth === 0 && is(token, "?")) nested++;
    else if (depth === 0 && is(token, ":") && nested-- === 0) break;
    if (depth < 0) break;
  }
  return [bare(code.slice(question + 1, colon)), bare(operandFrom(code, colon + 1))];
}

/** The expression that begins here, without brackets around it. */
function operandFrom(code: Code, start: number): Code {
  let depth = 0;
  let end = start;
  for (; end < code.length; end++) {
    const token = code[end];
    if (depth === 0 && is(token, ...ENDS)) break;
    if (is(token, ...OPENS)) depth++;
    else if (is(token, ...CLOSES)) depth--;
  }
  return bare(code.slice(start, end));
}

function bare(operand: Code): Code {
  return is(operand[0], "(") && closing(operand) === operand.length - 1 ? bare(operand.slice(1, -1)) : operand;
}

/** Where the bracket closes that an operand begins with. */
function closing(operand: Code): number {
  let depth = 0;
  return operand.findIndex((token) => {
    if (is(token, ...OPENS)) depth++;
    else if (is(token, ...CLOSES)) depth--;
    return depth === 0;
  });
}

function topLevel(operand: Code, text: string): number {
  let depth = 0;
  return operand.findIndex((token) => {
    if (is(token, ...OPENS)) depth++;
    else if (is(token, ...CLOSES)) depth--;
    return depth === 0 && is(token, text);
  });
}

/** Whether a spread stands in an object: lists and calls may be given nothing by a condition. */
function isInObject(code: Code, spread: number): boolean {
  let depth = 0;
  for (let at = spread - 1; at >= 0; at--) {
    if (is(code[at], ...CLOSES)) depth++;
    else if (is(code[at], ...OPENS) && depth-- === 0) return is(code[at], "{");
  }
  return false;
}

const textOf = (branch: Code): string => branch.map(({ text }) => text).join("");
