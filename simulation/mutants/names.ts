/** Names that a mutant says and the source no longer has: renaming is free as long as no mutant says the old name. */
import { type Token, tokenize } from "../../tools/sources/tokens.ts";
import type { Source } from "./anchors.ts";
import { cutsOf } from "./break.ts";
import type { Mutant } from "./mutant.ts";

const WORDS = new Set("arguments await case const false if new null return this true typeof undefined void".split(" "));
/** What Node's own objects answer to. */
const OWN = [Promise, Promise.prototype, AbortSignal.prototype, EventTarget.prototype, Reflect].flatMap((of) =>
  Object.getOwnPropertyNames(of),
);

/**
 * Names in a mutant's replacements that stand nowhere in the file they are put into: variables, and properties that
 * no contract has either.
 * @param contracts where properties of rows, clocks and the like are declared
 */
export function strangeNames(mutant: Mutant, sources: readonly Source[], contracts: ReadonlySet<string>): readonly string[] {
  return cutsOf(mutant, sources).flatMap(({ source, replacement }) => {
    const { code } = tokenize(replacement);
    const known = new Set([...namesIn(source.code), ...declared(code), ...WORDS, ...Object.getOwnPropertyNames(globalThis)]);
    return code
      .filter((token, index) => {
        if (token.kind !== "name" || known.has(token.text)) return false;
        // A method's name may stand alone, where it takes another's place.
        const isProperty =
          [".", "?."].includes(code[index - 1]?.text ?? "") || code[index + 1]?.text === ":" || code.length === 1;
        return !(isProperty && (contracts.has(token.text) || OWN.includes(token.text)));
      })
      .map(({ text }) => text);
  });
}

export const namesIn = (code: readonly Token[]): ReadonlySet<string> =>
  new Set(code.filter(({ kind }) => kind === "name").map(({ text }) => text));

/** Constants, and parameters of arrow functions. */
function declared(code: readonly Token[]): readonly string[] {
  const arrows = code.flatMap(({ text }, index) => {
    if (text !== "=>") return [];
    const open = code.findLastIndex((token, at) => at < index && token.text === "(");
    return namesBetween(code, open, index);
  });
  const constants = code.flatMap(({ text }, index) =>
    text !== "const"
      ? []
      : namesBetween(
          code,
          index,
          code.findIndex((token, at) => at > index && token.text === "="),
        ),
  );
  return [...arrows, ...constants];
}

const namesBetween = (code: readonly Token[], from: number, to: number): readonly string[] => [
  ...namesIn(code.slice(from + 1, to)),
];
