/**
 * Secrets are compared in one place, `crypto/equal`, in constant time (CR-11). Elsewhere no `===` may stand beside
 * something whose name says that it is a secret, unless the other side is no secret's value: `undefined`, `null`, a
 * literal, a constant.
 */

import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, readFiles } from "./sources/files.ts";
import type { Token } from "./sources/tokens.ts";
import { tokenize } from "./sources/tokens.ts";

const COMPARISONS = new Set(["===", "!==", "==", "!="]);
const SECRET =
  /(?:^|[_#])(?:secret|hash|token|mac|ticket|state|nonce|verifier)$|(?:Secret|Hash|Token|Mac|Ticket|State|Nonce|Verifier)$/;
const PLAIN_WORDS = new Set(["undefined", "null", "true", "false"]);

/** Calls that compare what they are given, or are called on. */
const COMPARERS = new Set(
  "is equals compare includes indexOf lastIndexOf startsWith endsWith localeCompare timingSafeEqual".split(" "),
);
/** What these answer is still the secret, or a part of it. */
const COPIES = new Set(
  "toString trim slice substring subarray normalize toLowerCase toUpperCase valueOf concat padEnd".split(" "),
);
/** Functions that answer what they are given, in another form. */
const CONVERTERS = new Set(["String", "from"]);
/** What an operand of a comparison ends at. */
const BOUNDS = new Set([
  "&&",
  "||",
  "??",
  ",",
  ";",
  "=",
  "=>",
  "?",
  ":",
  "{",
  "}",
  "return",
  "case",
  "else",
  "...",
  ...COMPARISONS,
]);

type Code = readonly Token[];

/** Every comparison of a secret that takes as long as the secrets agree. */
export function checkSecrets(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const { code } = tokenize(text);
    return code.flatMap((token, index) => {
      const found = compared(code, index);
      if (found === undefined) return [];
      return [{ path, line: token.line, message: `compares ${found} with ${token.text}; use crypto/equal` }];
    });
  });
}

/** The secret that is compared here, by its name. */
function compared(code: Code, index: number): string | undefined {
  const token = code[index];
  if (token?.kind === "punctuation" && COMPARISONS.has(token.text)) {
    const sides = [before(code, index), after(code, index)] as const;
    return sides.some(isPlain) ? undefined : (secretIn(sides[0]) ?? secretIn(sides[1]));
  }
  if (token?.kind !== "name" || isDot(code[index + 1]) || !is(code[index + 1], "(")) return undefined;
  const given = code.slice(index + 2, closing(code, index + 1));
  if (token.text === "switch") return secretIn(given);
  if (!COMPARERS.has(token.text) || (token.text === "is" && !is(code[index - 2], "Object"))) return undefined;
  const receiver = isDot(code[index - 1]) ? before(code, index - 1) : [];
  return isPlain(given) ? undefined : (secretIn(given) ?? secretIn(receiver));
}

/** The operand that ends before an index, and the one that begins behind it. */
function before(code: Code, end: number): Code {
  let at = end - 1;
  for (let depth = 0; at >= 0; at -= 1) {
    const token = code[at];
    if (is(token, ")") || is(token, "]")) depth += 1;
    else if (is(token, "(") || is(token, "[")) depth -= 1;
    if (depth < 0 || (depth === 0 && bounds(token))) break;
  }
  return code.slice(at + 1, end);
}

function after(code: Code, start: number): Code {
  let at = start + 1;
  for (let depth = 0; at < code.length; at += 1) {
    const token = code[at];
    if (depth === 0 && (bounds(token) || is(token, ")") || is(token, "]"))) break;
    if (is(token, "(") || is(token, "[")) depth += 1;
    else if (is(token, ")") || is(token, "]")) depth -= 1;
  }
  return code.slice(start + 1, at);
}

const is = (token: Token | undefined, text: string): boolean =>
  token !== undefined && token.kind !== "string" && token.kind !== "template" && token.text === text;
const bounds = (token: Token | undefined): boolean => [...BOUNDS].some((bound) => is(token, bound));
const isDot = (token: Token | undefined): boolean => is(token, ".") || is(token, "?.");

/** The name of a secret among what an operand comes to. */
function secretIn(operand: Code): string | undefined {
  for (let at = 0; at < operand.length; at += 1) {
    const token = operand[at];
    if (token === undefined) break;
    // What a function is given is not what it answers.
    if (is(token, "(") && isCalled(operand, at) && !CONVERTERS.has(operand[at - 1]?.text ?? "")) at = closing(operand, at);
    else if (named(operand, at) && SECRET.test(token.text) && isResult(operand, at)) return token.text;
  }
  return undefined;
}

/** A name, or a text in brackets: `row["secretHash"]`. */
const named = (operand: Code, at: number): boolean =>
  operand[at]?.kind === "name" || (operand[at]?.kind === "string" && is(operand[at - 1], "[") && is(operand[at + 1], "]"));

/** Whether it is not only on the way to another: `secret.length` is not `secret`, `secret.trim()` is. */
function isResult(operand: Code, at: number): boolean {
  const next = is(operand[at + 1], "]") || is(operand[at + 1], "!") ? at + 2 : at + 1;
  return !isDot(operand[next]) || COPIES.has(operand[next + 1]?.text ?? "");
}

function isCalled(operand: Code, at: number): boolean {
  const callee = operand[at - 1];
  return callee?.kind === "name" ? !PLAIN_WORDS.has(callee.text) && callee.text !== "await" : is(callee, ")") || is(callee, "]");
}

/** A literal, `undefined`, a CONSTANT, or `typeof x`: its value is no secret. */
function isPlain(operand: Code): boolean {
  const bare = operand.filter((token) => !is(token, "(") && !is(token, ")") && !is(token, "-") && !is(token, "+"));
  const [first] = bare;
  if (is(first, "typeof")) return true;
  const last = operand.at(-1);
  if (is(operand.at(-2), ".") && last?.kind === "name" && /^[A-Z][A-Z0-9_]+$/.test(last.text)) return true;
  if (bare.length !== 1 || first === undefined) return false;
  if (first.kind === "name") return PLAIN_WORDS.has(first.text) || /^[A-Z][A-Z0-9_]+$/.test(first.text);
  return first.kind === "string" || first.kind === "number";
}

/** Where the bracket closes that opens at `open`. */
function closing(code: Code, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    if (is(code[at], "(") || is(code[at], "[")) depth += 1;
    else if (is(code[at], ")") || is(code[at], "]")) depth -= 1;
    if (depth === 0) return at;
  }
  return code.length;
}

const EQUAL = "library/src/crypto/equal.ts";

export const secrets: Rule = {
  name: "secrets are compared in crypto/equal",
  check: () =>
    checkSecrets(readFiles((path) => /^(library|gateway)\/src\/.*\.ts$/.test(path) && path !== EQUAL && !isTest(path))),
};

if (import.meta.main) await main(secrets);
