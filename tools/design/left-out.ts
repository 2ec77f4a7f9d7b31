/** Tests that are left out: skipped, to be done, or the only ones that run. */
import type { Token } from "../sources/tokens.ts";

const LEFT_OUT = new Set(["skip", "only", "todo"]);
const RUNNERS = ["test", "it", "describe", "suite", "t", "context"];

interface LeftOut {
  readonly word: string;
  readonly line: number;
}

/** Every place that leaves a test out, in the tokens of a test file. */
export function leftOut(code: readonly Token[]): readonly LeftOut[] {
  const runners = new Set([...RUNNERS, ...ownRunners(code)]);
  return code.flatMap(({ text: word, line, kind }, index) => {
    if (!LEFT_OUT.has(word) || (kind !== "name" && kind !== "string")) return [];
    return isLeftOut(code, index, runners) ? [{ word, line }] : [];
  });
}

const textAt = (code: readonly Token[], index: number): string => {
  const token = code[index];
  return token === undefined || token.kind === "string" || token.kind === "template" ? "" : token.text;
};

function isLeftOut(code: readonly Token[], index: number, runners: ReadonlySet<string>): boolean {
  const before = textAt(code, index - 1);
  const after = textAt(code, index + 1);
  const receiver = textAt(code, index - 2);
  // `test.skip`, `test["skip"]`, called or handed on.
  if ((before === "." || before === "?.") && runners.has(receiver)) return true;
  if (before === "[" && after === "]")
    return runners.has(receiver) || (receiver === "?." && runners.has(textAt(code, index - 3)));
  if (before !== "{" && before !== ",") return false;
  // `{ skip: true }`, `{ "only": x }`.
  if (after === ":") return textAt(code, index + 2) !== "false";
  // `test("…", { todo }, …)`, `const { skip } = test`, `import { skip } from "node:test"`.
  if (after !== "," && after !== "}" && after !== "as") return false;
  const [open, close] = [opening(code, index), closing(code, index)];
  if (textAt(code, open) !== "{") return false;
  if (textAt(code, close + 1) === "from") return code[close + 2]?.text === "node:test";
  if (textAt(code, close + 1) === "=") return runners.has(textAt(code, close + 2));
  return runners.has(textAt(code, opening(code, open) - 1));
}

/** Names that a file gives to what `node:test` exports, and to what a test is given. */
function ownRunners(code: readonly Token[]): readonly string[] {
  return code.flatMap((token, index) => {
    if (token.kind === "string" && token.text === "node:test" && textAt(code, index - 1) === "from")
      return imported(code, index - 2);
    if (RUNNERS.includes(token.text) && textAt(code, index + 1) === "(") return given(code, index + 2);
    return [];
  });
}

/** `import run, { test as check } from "node:test"`, `import * as runner from "node:test"`. */
function imported(code: readonly Token[], last: number): readonly string[] {
  const names: string[] = [];
  for (let at = last; at >= 0 && textAt(code, at) !== "import"; at -= 1) {
    if (code[at]?.kind === "name" && textAt(code, at + 1) !== "as") names.push(textAt(code, at));
  }
  return names;
}

/** The first parameter of the function that a test is: `test("…", async (t) => …)`. */
function given(code: readonly Token[], start: number): readonly string[] {
  let depth = 0;
  for (let at = start; at < code.length && depth >= 0; at += 1) {
    const text = textAt(code, at);
    if (depth === 0 && text === "=>") return textAt(code, at - 1) === ")" ? parameter(code, at - 1) : [textAt(code, at - 1)];
    if (depth === 0 && text === "function") return [textAt(code, at + 2)];
    if ("([{".includes(text) && text !== "") depth += 1;
    else if (")]}".includes(text) && text !== "") depth -= 1;
  }
  return [];
}

function parameter(code: readonly Token[], closing: number): readonly string[] {
  let depth = 0;
  for (let at = closing; at >= 0; at -= 1) {
    if (textAt(code, at) === ")") depth += 1;
    else if (textAt(code, at) === "(") depth -= 1;
    if (depth === 0) return code[at + 1]?.kind === "name" ? [textAt(code, at + 1)] : [];
  }
  return [];
}

/** Where the nearest bracket opens that is open here. */
function opening(code: readonly Token[], index: number): number {
  let depth = 0;
  for (let at = index - 1; at >= 0; at -= 1) {
    const text = textAt(code, at);
    if (text === ")" || text === "]" || text === "}") depth += 1;
    else if ((text === "(" || text === "[" || text === "{") && depth-- === 0) return at;
  }
  return -1;
}

/** Where it closes. */
function closing(code: readonly Token[], index: number): number {
  let depth = 0;
  for (let at = index + 1; at < code.length; at += 1) {
    const text = textAt(code, at);
    if (text === "(" || text === "[" || text === "{") depth += 1;
    else if ((text === ")" || text === "]" || text === "}") && depth-- === 0) return at;
  }
  return code.length;
}
