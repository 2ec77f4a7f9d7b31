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

/** What stands on one side of a comparison, as far as its last name tells. */
interface Operand {
  readonly name: string;
  /** A literal, `undefined`, a CONSTANT, or `typeof x`: its value is no secret. */
  readonly plain: boolean;
}

/** Every comparison of a secret that takes as long as the secrets agree. */
export function checkSecrets(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const { code } = tokenize(text);
    return code.flatMap((token, index) => {
      if (token.kind !== "punctuation" || !COMPARISONS.has(token.text)) return [];
      const sides = [leftOf(code, index), rightOf(code, index)];
      const secret = sides.find((side) => !side.plain && SECRET.test(side.name));
      if (secret === undefined || sides.some((side) => side.plain)) return [];
      return [{ path, line: token.line, message: `compares ${secret.name} with ${token.text}; use crypto/equal` }];
    });
  });
}

function leftOf(code: readonly Token[], comparison: number): Operand {
  let at = comparison - 1;
  const last = code[at];
  if (last === undefined) return { name: "", plain: false };
  if (last.text === ")" || last.text === "]") at = opening(code, at) - 1;
  const name = code[at];
  let start = at;
  while (isDot(code[start - 1]) && start >= 2) start -= 2;
  return { name: name?.kind === "name" ? name.text : "", plain: code[start - 1]?.text === "typeof" || isPlain(last) };
}

function rightOf(code: readonly Token[], comparison: number): Operand {
  let at = comparison + 1;
  while (["(", "await", "-", "+"].includes(code[at]?.text ?? "")) at += 1;
  if (code[at]?.text === "typeof") return { name: "", plain: true };
  while (isDot(code[at + 1])) at += 2;
  const token = code[at];
  return { name: token?.kind === "name" ? token.text : "", plain: token === undefined || isPlain(token) };
}

function isDot(token: Token | undefined): boolean {
  return token?.kind === "punctuation" && (token.text === "." || token.text === "?.");
}

function isPlain(token: Token): boolean {
  if (token.kind === "name") return PLAIN_WORDS.has(token.text) || /^[A-Z][A-Z0-9_]+$/.test(token.text);
  return token.kind === "string" || token.kind === "number";
}

/** Where the bracket opens that closes at `closing`. */
function opening(code: readonly Token[], closing: number): number {
  let depth = 0;
  for (let at = closing; at >= 0; at -= 1) {
    const token = code[at];
    if (token?.kind !== "punctuation") continue;
    if (token.text === ")" || token.text === "]") depth += 1;
    if (token.text === "(" || token.text === "[") depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}

const EQUAL = "library/src/crypto/equal.ts";

export const secrets: Rule = {
  name: "secrets are compared in crypto/equal",
  check: () =>
    checkSecrets(readFiles((path) => /^(library|gateway)\/src\/.*\.ts$/.test(path) && path !== EQUAL && !isTest(path))),
};

if (import.meta.main) await main(secrets);
