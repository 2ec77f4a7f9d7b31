/**
 * Small changes to a source, each of which some test should notice. They are made on the row of tokens that is left
 * when the types are stripped, so that no change is made to a type, and positions are those of the source.
 */
import { stripTypeScriptTypes } from "node:module";
import { type Token, tokenize } from "../sources/tokens.ts";

export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  readonly operator: string;
  readonly line: number;
}

const SWAPS: Readonly<Record<string, readonly [operator: string, replacement: string]>> = {
  "===": ["equality", "!=="],
  "!==": ["equality", "==="],
  "<": ["boundary", "<="],
  "<=": ["boundary", "<"],
  ">": ["boundary", ">="],
  ">=": ["boundary", ">"],
  "&&": ["logic", "||"],
  "||": ["logic", "&&"],
  "??": ["logic", "&&"],
  "+": ["arithmetic", "-"],
  "-": ["arithmetic", "+"],
  "*": ["arithmetic", "/"],
  "/": ["arithmetic", "*"],
  "%": ["arithmetic", "*"],
  "+=": ["assignment", "-="],
  "-=": ["assignment", "+="],
  "++": ["assignment", "--"],
  "--": ["assignment", "++"],
  true: ["boolean", "false"],
  false: ["boolean", "true"],
};

/** Methods whose opposite is as well typed. */
const METHODS: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  min: "max",
  max: "min",
  toLowerCase: "toUpperCase",
  trim: "toString",
};

/** Words that begin a statement which is not there for its effect, or that more than itself depends on. */
const KEEP = new Set(
  "const let var return if for while do switch case default break continue function class import export try catch finally else static get set async readonly".split(
    " ",
  ),
);

/**
 * Where a test has to have come for it to be asked. V8 counts `&&`, `||` and `??` to their right side, which may never
 * have run; whoever came to the left side alone may notice another operator as well.
 */
export const reachedAt = ({ start, operator }: Pick<Mutant, "start" | "operator">): number =>
  operator === "logic" ? start - 1 : start;

/** Source without its types; every character that stays is where it was. */
export const stripped = (source: string): string => stripTypeScriptTypes(source, { mode: "strip" });

/** Every mutant of a source, in the order of their places. */
export function mutantsOf(source: string): readonly Mutant[] {
  const { code } = tokenize(stripped(source));
  const found: Mutant[] = [];
  for (const [index, token] of code.entries()) {
    found.push(
      ...swapped(code, index, token),
      ...literal(code, index, token),
      ...condition(code, index, token),
      ...statement(code, index, token),
    );
  }
  return found
    .filter(({ start, end, replacement }) => source.slice(start, end) !== replacement)
    .toSorted((one, other) => one.start - other.start);
}

/** The source with a mutant in it, ready to run; `null` where it is no program any more. */
export function applied(
  source: string,
  { start, end, replacement }: Pick<Mutant, "start" | "end" | "replacement">,
): string | null {
  const text = stripped(source);
  const changed = text.slice(0, start) + replacement + text.slice(end);
  try {
    return stripped(changed);
  } catch {
    return null;
  }
}

const mutant = ({ start, end, line }: Pick<Token, "start" | "end" | "line">, operator: string, replacement: string): Mutant => ({
  start,
  end,
  line,
  operator,
  replacement,
});

function swapped(code: readonly Token[], index: number, token: Token): readonly Mutant[] {
  if (token.kind !== "punctuation" && token.kind !== "name") return [];
  const [before, after] = [code[index - 1], code[index + 1]];
  // A property may have any name.
  if (token.kind === "name" && (before?.text === "." || before?.text === "?." || after?.text === ":")) {
    const opposite = METHODS[token.text];
    return opposite !== undefined && after?.text === "(" && Object.hasOwn(METHODS, token.text)
      ? [mutant(token, "method", opposite)]
      : [];
  }
  if (token.text === "!" && token.kind === "punctuation") return [mutant(token, "negation", "")];
  const swap = Object.hasOwn(SWAPS, token.text) ? SWAPS[token.text] : undefined;
  if (swap === undefined) return [];
  // A sign is no sum.
  const unary =
    swap[0] === "arithmetic" &&
    (before === undefined || (before.kind === "punctuation" && !/^[)\]}]$/.test(before.text)) || before.text === "return");
  return unary ? [] : [mutant(token, swap[0], swap[1])];
}

function literal(code: readonly Token[], index: number, token: Token): readonly Mutant[] {
  const [before, after] = [code[index - 1], code[index + 1]];
  if (token.kind === "number" && /^[\d_]+$/.test(token.text)) {
    const value = Number(token.text.replaceAll("_", ""));
    return [mutant(token, "number", String(value >= 10 && isNamed(code, index) ? value * 2 : value + 1))];
  }
  if (token.kind !== "string") return [];
  const isName =
    before?.text === "from" ||
    before?.text === "import" ||
    after?.text === ":" ||
    (before?.text === "(" && code[index - 2]?.text === "import");
  // How a sentence is worded is for people, and no test should hold it.
  const isProse = /^\S+ \S+ /.test(token.text);
  return isName || isProse ? [] : [mutant(token, "string", token.text === "" ? '"mutant"' : '""')];
}

/**
 * Whether a number stands in `const NAME = …`: a pace or a limit, of which no test should hold that it is 200 and not
 * 201.
 */
function isNamed(code: readonly Token[], index: number): boolean {
  for (let at = index; at >= 0; at--) {
    const { text, kind } = code[at] ?? { text: ";", kind: "punctuation" };
    if (kind === "punctuation" && (text === ";" || text === "=>")) return false;
    if (kind === "name" && text === "const") return /^[A-Z][A-Z\d_]+$/.test(code[at + 1]?.text ?? "");
  }
  return false;
}

/** `if (…)` that is always, or never. */
function condition(code: readonly Token[], index: number, token: Token): readonly Mutant[] {
  const open = code[index + 1];
  if (token.text !== "if" || token.kind !== "name" || open?.text !== "(") return [];
  const close = matching(code, index + 1);
  if (close === undefined) return [];
  const whole = { start: open.end, end: close.start, line: token.line };
  return [mutant(whole, "condition", "true"), mutant(whole, "condition", "false")];
}

/** A statement for its effect alone, and a throw, that is not there. */
function statement(code: readonly Token[], index: number, token: Token): readonly Mutant[] {
  const before = code[index - 1];
  const begins =
    before === undefined ||
    (before.kind === "punctuation" && /^[;{}]$/.test(before.text)) ||
    before.text === "else" ||
    closesCondition(code, index - 1);
  if (!begins || token.kind !== "name" || KEEP.has(token.text)) return [];
  let effect = token.text === "throw";
  for (let at = index; at < code.length; at++) {
    const { text, kind, end } = code[at] ?? token;
    if (kind === "punctuation" && text === ";")
      return effect ? [mutant({ start: token.start, end, line: token.line }, "statement", ";")] : [];
    // A member of an object or class, or a label.
    if (kind === "punctuation" && (text === "}" || text === "," || text === ":" || text === "=>")) return [];
    if (kind === "punctuation" && (text === "(" || text === "[" || text === "{")) {
      if (text === "{") return [];
      effect ||= text === "(";
      const close = matching(code, at);
      if (close === undefined) return [];
      at = code.indexOf(close, at);
    } else if (kind === "punctuation" && /^(\+\+|--|[^=!<>]?=|\?\?=|\|\|=|&&=)$/.test(text)) effect = !declares(code, index);
  }
  return [];
}

/**
 * A field of a class looks like an assignment; without it there is another program, and no other behaviour that a test
 * could name.
 */
function declares(code: readonly Token[], index: number): boolean {
  return code[index + 1]?.text === "=" && (code[index]?.text.startsWith("#") === true || isInClass(code, index));
}

/** Whether a place is of a class itself, and of none of its methods. */
function isInClass(code: readonly Token[], index: number): boolean {
  let at = index - 1;
  for (let depth = 0; at >= 0; at--) {
    const { text, kind } = code[at] ?? { text: "", kind: "name" };
    if (kind !== "punctuation") continue;
    if (/^[)\]}]$/.test(text)) depth += 1;
    if (/^[([{]$/.test(text)) depth -= 1;
    if (depth < 0) break;
  }
  for (at -= 1; code[at]?.kind === "name" || code[at]?.text === "."; at--) if (code[at]?.text === "class") return true;
  return false;
}

/** Whether this is the `)` of an `if (…)` or a loop. */
function closesCondition(code: readonly Token[], index: number): boolean {
  if (code[index]?.text !== ")" || code[index]?.kind !== "punctuation") return false;
  let depth = 0;
  for (let at = index; at >= 0; at--) {
    const { text, kind } = code[at] ?? { text: "", kind: "name" };
    if (kind !== "punctuation") continue;
    if (text === ")") depth += 1;
    if (text === "(") depth -= 1;
    if (depth === 0) return ["if", "while", "for"].includes(code[at - 1]?.text ?? "");
  }
  return false;
}

const PAIRS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** What closes the bracket at a place. */
function matching(code: readonly Token[], index: number): Token | undefined {
  const opens = code[index]?.text ?? "";
  let depth = 0;
  for (let at = index; at < code.length; at++) {
    const token = code[at];
    if (token?.kind !== "punctuation") continue;
    if (token.text === opens) depth += 1;
    if (token.text === PAIRS[opens]) depth -= 1;
    if (depth === 0) return token;
  }
  return undefined;
}
