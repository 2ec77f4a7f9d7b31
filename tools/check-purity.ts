/**
 * `core/` decides and never acts: no promise, no clock, no randomness, no network, no process. What it needs it is
 * handed.
 */

import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, readFiles } from "./sources/files.ts";
import type { Token } from "./sources/tokens.ts";
import { tokenize } from "./sources/tokens.ts";

/** Members by which a value of another kind is a promise, a clock or a way to code from a text. */
const MEMBERS = new Set(["then", "constructor", "localeCompare", "toLocaleString"]);

/** Names that reach out of a pure and synchronous function. */
const FORBIDDEN = new Set(
  (
    "async await Promise PromiseLike Date Temporal Intl crypto fetch process console globalThis global self window " +
    "performance require module navigator localStorage sessionStorage Worker WebSocket EventSource XMLHttpRequest " +
    "BroadcastChannel MessageChannel AbortSignal Atomics WeakRef FinalizationRegistry eval Function " +
    "setTimeout setInterval setImmediate queueMicrotask requestAnimationFrame"
  ).split(" "),
);

/** Every name in the code of these files that is not pure. */
export function checkPurity(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const { code } = tokenize(text);
    return code.flatMap((token, index) => {
      const name = impure(code, index);
      return name === undefined ? [] : [{ path, line: token.line, message: `core is pure and synchronous, but uses ${name}` }];
    });
  });
}

function impure(code: readonly Token[], index: number): string | undefined {
  const token = code[index];
  // `x["then"]`
  const named = token?.kind === "string" && code[index - 1]?.text === "[" && code[index + 1]?.text === "]";
  if (named && MEMBERS.has(token.text)) return token.text;
  if (token?.kind !== "name") return undefined;
  const before = code[index - 1]?.text;
  const isMember = before === "." || before === "?.";
  if (token.text === "Math") return randomOf(code, index);
  if (token.text === "import" && code[index + 1]?.text === ".") return "import.meta";
  if (isMember) return MEMBERS.has(token.text) ? token.text : undefined;
  return FORBIDDEN.has(token.text) ? token.text : undefined;
}

/** `Math.random` in any spelling: named, computed, or taken out of `Math` whole. */
function randomOf(code: readonly Token[], index: number): string | undefined {
  const dot = code[index + 1]?.text;
  const member = code[index + 2]?.text;
  if (dot !== "." && dot !== "?.") return "Math as a value";
  return member === "random" ? "Math.random" : undefined;
}

/** It tells a promise from a value, and makes none of its own. */
const KNOWS_PROMISES = "library/src/core/maybe.ts";

const isPure = (path: string): boolean =>
  path.startsWith("library/src/core/") && path.endsWith(".ts") && path !== KNOWS_PROMISES && !isTest(path);

export const purity: Rule = {
  name: "purity",
  check: () => checkPurity(readFiles(isPure)),
};

if (import.meta.main) await main(purity);
