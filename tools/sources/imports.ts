/** What a file imports, in whatever spelling: static, type-only, re-export, dynamic, by address. */
import type { Token } from "./tokens.ts";

export interface Import {
  /** As written, or `null` if it is computed and cannot be known. */
  readonly specifier: string | null;
  readonly line: number;
  /** It is the address of a program or a worker. */
  readonly started?: true;
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
    } else if (isAddress(code, index)) {
      found.push({ specifier: code[index + 2]?.text ?? null, line: token.line, started: true });
    } else if (token.text === "createRequire") {
      found.push({ specifier: null, line: token.line });
    } else if (calls(code, index)) {
      const argument = code[index + 2];
      // A text that goes on, `"./a" + b`, is computed; so is one with `${…}` in it.
      const literal = ["string", "template"].includes(argument?.kind ?? "") && [")", ","].includes(code[index + 3]?.text ?? "");
      found.push({ specifier: literal ? (argument?.text ?? null) : null, line: token.line });
    }
  }
  return found;
}

/** `new URL("./worker.ts", import.meta.url)`: what a worker is started with. */
function isAddress(code: readonly Token[], index: number): boolean {
  const given = code[index + 2];
  const source = given?.kind === "string" && /^\..*\.[cm]?[jt]s$/.test(given.text);
  return source && is(code[index], "URL") && is(code[index + 1], "(") && is(code[index + 4], "import");
}

/**
 * `import(…)`, `import.source(…)`, `require(…)`, `module.require(…)`, `process.getBuiltinModule(…)` and
 * `import.meta.resolve(…)`.
 */
function calls(code: readonly Token[], index: number): boolean {
  if (!is(code[index + 1], "(")) return false;
  const text = code[index]?.text;
  if (text === "import" || text === "require" || text === "getBuiltinModule") return true;
  if (text === "source" || text === "defer") return is(code[index - 2], "import");
  return text === "resolve" && is(code[index - 2], "meta") && is(code[index - 4], "import");
}
