/** What a file imports, in whatever spelling: static, type-only, re-export, dynamic, `import.meta.resolve`. */
import type { Token } from "./tokens.ts";

export interface Import {
  /** As written, or `null` if it is computed and cannot be known. */
  readonly specifier: string | null;
  readonly line: number;
}

const is = (token: Token | undefined, text: string) => token !== undefined && token.kind !== "string" && token.text === text;

/** The imports among the tokens of a file. */
export function importsOf(code: readonly Token[]): readonly Import[] {
  const found: Import[] = [];
  for (const [index, token] of code.entries()) {
    if (token.kind !== "name") continue;
    const next = code[index + 1];
    if ((token.text === "from" || token.text === "import") && next?.kind === "string") {
      found.push({ specifier: next.text, line: next.line });
    } else if (calls(code, index)) {
      const argument = code[index + 2];
      const literal = argument?.kind === "string" || (argument?.kind === "template" && is(code[index + 3], ")"));
      found.push({ specifier: literal ? (argument?.text ?? null) : null, line: token.line });
    }
  }
  return found;
}

/** `import(…)`, `require(…)`, `import.meta.resolve(…)`. */
function calls(code: readonly Token[], index: number): boolean {
  if (!is(code[index + 1], "(")) return false;
  const text = code[index]?.text;
  if (text === "import") return true;
  if (text === "require") return !is(code[index - 1], ".");
  return text === "resolve" && is(code[index - 2], "meta") && is(code[index - 4], "import");
}
