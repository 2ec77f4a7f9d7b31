/**
 * Code in one line, always spelled alike: tokens with a space between them, none around dots, no comments; texts in
 * double quotes, `x["y"]` and `x?.y` as `x.y`. So a pattern need not know how code can be broken, quoted or reached.
 */
import type { Token } from "./tokens.ts";
import { tokenize } from "./tokens.ts";

export interface OneLine {
  readonly text: string;
  /** The line of the file in which what stands at an index of the text stood. */
  lineAt(index: number): number;
}

/** The code of a file in one line. */
export function oneLine(source: string): OneLine {
  const { code } = tokenize(source);
  const places: { readonly index: number; readonly line: number }[] = [];
  let text = "";
  for (let at = 0; at < code.length; at += 1) {
    const token = code[at];
    if (token === undefined) break;
    const member = isMember(code, at) ? code[at + 1]?.text : undefined;
    const spelled = member === undefined ? spelling(token) : `.${member}`;
    const joined = spelled.startsWith(".") || text.endsWith(".") || text === "";
    if (!joined) text += " ";
    places.push({ index: text.length, line: token.line });
    text += spelled;
    if (member !== undefined) at += 2;
  }
  return { text, lineAt: (index) => places.findLast((place) => place.index <= index)?.line ?? 1 };
}

function spelling({ kind, text }: Token): string {
  if (kind === "string" || kind === "template") return JSON.stringify(text);
  return text === "?." ? "." : text;
}

/** `["y"]` behind something that has members. */
function isMember(code: readonly Token[], at: number): boolean {
  const before = code[at - 1];
  const inside = code[at + 1];
  if (code[at]?.text !== "[" || code[at]?.kind !== "punctuation" || code[at + 2]?.text !== "]") return false;
  if ((inside?.kind !== "string" && inside?.kind !== "template") || !/^[\w$]+$/.test(inside.text)) return false;
  if (before === undefined) return false;
  return before.kind === "name" ? before.text !== "return" : [")", "]", "?."].includes(before.text);
}
