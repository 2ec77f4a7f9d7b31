/** Ways from a statement to a part of it, by brackets and operators alone: how things are called does not matter. */
import type { Token } from "../../tools/sources/tokens.ts";

/** A stretch of tokens, from its first to behind its last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Throws where the span has no such part. */
export type Part = (code: readonly Token[], span: Span) => Span;

const is = (token: Token | undefined, ...texts: readonly string[]): boolean =>
  token !== undefined && (token.kind === "punctuation" || token.kind === "name") && texts.includes(token.text);

/** Behind the bracket that closes the one at `open`. */
export function closing(code: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (is(code[at], "(", "[", "{")) depth += 1;
    if (is(code[at], ")", "]", "}")) depth -= 1;
    if (depth === 0) return at + 1;
  }
  throw new TypeError("a bracket is not closed");
}

/** Where a text stands in a span, within no bracket of it. `undefined`: nowhere. */
function find(code: readonly Token[], { from, to }: Span, ...texts: readonly string[]): number | undefined {
  for (let at = from; at < to; at = is(code[at], "(", "[", "{") ? closing(code, at) : at + 1) {
    if (is(code[at], ...texts)) return at;
  }
  return undefined;
}

function split(code: readonly Token[], span: Span, ...separators: readonly string[]): readonly Span[] {
  const at = find(code, span, ...separators);
  if (at === undefined) return [span];
  // The scanner reads `>=` as two.
  const from = at + (is(code[at], ">") && is(code[at + 1], "=") && code[at]?.end === code[at + 1]?.start ? 2 : 1);
  return [{ from: span.from, to: at }, ...split(code, { from, to: span.to }, ...separators)];
}

function nth(spans: readonly Span[], index: number, what: string): Span {
  const found = spans[index];
  if (found === undefined || found.from >= found.to) throw new TypeError(`there is no ${what} ${index}`);
  return found;
}

function some(at: number | undefined, what: string): number {
  if (at === undefined) throw new TypeError(`there is no ${what}`);
  return at;
}

/** What is returned, assigned, or given to a property; without its semicolon. */
export const value: Part = (code, { from, to }) => {
  const end = is(code[to - 1], ";") ? to - 1 : to;
  if (is(code[from], "return")) return { from: from + 1, to: end };
  const sign = find(code, { from, to: end }, "=") ?? find(code, { from, to: end }, ":");
  return { from: some(sign, "value") + 1, to: end };
};

/** What stands before the `=`. */
export const target: Part = (code, span) => ({ from: span.from, to: some(find(code, span, "="), "assignment") });

function valueOrWhole(code: readonly Token[], span: Span): Span {
  if (is(code[span.from], "return")) return value(code, span);
  return find(code, span, "=") === undefined ? span : value(code, span);
}

/** Of an `if`, or of the conditional that is returned or assigned. */
export const condition: Part = (code, span) => {
  if (is(code[span.from], "if", "while")) return { from: span.from + 2, to: closing(code, span.from + 1) - 1 };
  const whole = valueOrWhole(code, span);
  return { from: whole.from, to: some(find(code, whole, "?"), "condition") };
};

/** What a conditional is where its condition holds. */
export const consequence: Part = (code, span) => {
  const whole = valueOrWhole(code, span);
  const from = some(find(code, whole, "?"), "condition") + 1;
  return { from, to: some(find(code, { from, to: whole.to }, ":"), "alternative") };
};

/** Behind the `else`. */
export const otherwise: Part = (code, span) => ({ from: some(find(code, span, "else"), "else") + 1, to: span.to });

/** Of the first arrow function. */
export const body: Part = (code, span) => {
  for (let at = span.from; at < span.to; at++) {
    if (!is(code[at], "=>")) continue;
    const from = at + 1;
    return { from, to: is(code[from], "{") ? closing(code, from) : untilSeparator(code, from, span.to) };
  }
  throw new TypeError("there is no arrow function");
};

function untilSeparator(code: readonly Token[], from: number, most: number): number {
  for (let at = from; at < most; at = is(code[at], "(", "[", "{") ? closing(code, at) : at + 1) {
    if (is(code[at], ",", ";", ")", "]", "}")) return at;
  }
  return most;
}

/** From the loosest to the tightest. */
const OPERATORS = [["??"], ["||"], ["&&"], ["===", "!==", "<", "<=", ">", ">="]];

/** Of the loosest operator. */
export const operand =
  (index: number): Part =>
  (code, span) => {
    const operators = OPERATORS.find((texts) => find(code, span, ...texts) !== undefined);
    return nth(operators === undefined ? [] : split(code, span, ...operators), index, "operand");
  };

const NO_FUNCTION = ["if", "while", "for", "switch", "return", "await", "void", "typeof", "new", "in", "of"];

/** Where the brackets of the first call open. */
function call(code: readonly Token[], { from, to }: Span): number {
  for (let at = from + 1; at < to; at++) {
    const before = code[at - 1];
    if (is(code[at], "(") && before?.kind === "name" && !NO_FUNCTION.includes(before.text)) return at;
  }
  throw new TypeError("there is no call");
}

const inside = (code: readonly Token[], open: number): Span => ({ from: open + 1, to: closing(code, open) - 1 });

/** Of the first call. */
export const argument =
  (index: number): Part =>
  (code, span) =>
    nth(split(code, inside(code, call(code, span)), ","), index, "argument");

/** The name of what is called first. */
export const method: Part = (code, span) => {
  const open = call(code, span);
  return { from: open - 1, to: open };
};

/** What the last method of a chain is called on. */
export const receiver: Part = (code, { from, to }) => {
  const dots: number[] = [];
  for (let at = find(code, { from, to }, "."); at !== undefined; at = find(code, { from: at + 1, to }, ".")) dots.push(at);
  return { from, to: some(dots.at(-1), "receiver") };
};

function item(open: string, index: number): Part {
  return (code, { from, to }) => {
    for (let at = from; at < to; at++)
      if (is(code[at], open)) return nth(split(code, inside(code, at), ","), index, `item of ${open}`);
    throw new TypeError(`there is no ${open}`);
  };
}

/** Of the first object literal. */
export const property = (index: number): Part => item("{", index);
/** Of the first array literal. */
export const element = (index: number): Part => item("[", index);

/** The first word that is this one: a literal, not a name. */
export const literal =
  (text: "true" | "false" | "null"): Part =>
  (code, { from, to }) => {
    for (let at = from; at < to; at++) if (is(code[at], text)) return { from: at, to: at + 1 };
    throw new TypeError(`there is no ${text}`);
  };
