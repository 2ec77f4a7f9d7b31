/**
 * TypeScript as a row of tokens, by the compiler's own scanner, so that a rule never mistakes a comment or a string for
 * code. The scanner alone cannot tell a regular expression from a division, nor the end of `${…}` from the end of a
 * block; the token before and the depth of braces decide that here.
 */
import { SyntaxKind } from "typescript/unstable/ast";
import { createScanner } from "typescript/unstable/ast/scanner";

export interface Token {
  readonly kind: "name" | "string" | "template" | "number" | "regex" | "punctuation";
  /** As written; of a string its value, of a template the text of this piece. */
  readonly text: string;
  readonly line: number;
  /** Where it stands in the file, as written. */
  readonly start: number;
  readonly end: number;
}

export interface Comment {
  readonly text: string;
  readonly line: number;
}

/** What stands in a file: its code, and beside it its comments. */
export interface Tokens {
  readonly code: readonly Token[];
  readonly comments: readonly Comment[];
}

/** Words after which an expression begins, so that a slash begins a regular expression. */
const BEFORE_EXPRESSION = new Set("return typeof case in of do else void delete throw new await yield instanceof".split(" "));

/** After a value a slash divides; after anything else it begins a regular expression. */
function endsValue(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === "punctuation") return token.text === ")" || token.text === "]" || token.text === "}";
  return token.kind !== "name" || !BEFORE_EXPRESSION.has(token.text);
}

function kindOf(kind: SyntaxKind): Token["kind"] {
  if (kind === SyntaxKind.StringLiteral) return "string";
  if (kind === SyntaxKind.NumericLiteral || kind === SyntaxKind.BigIntLiteral) return "number";
  if (kind === SyntaxKind.RegularExpressionLiteral) return "regex";
  if (kind >= SyntaxKind.NoSubstitutionTemplateLiteral && kind <= SyntaxKind.TemplateTail) return "template";
  if (kind === SyntaxKind.PrivateIdentifier || kind >= SyntaxKind.Identifier) return "name";
  return "punctuation";
}

const TRIVIA = new Set([SyntaxKind.WhitespaceTrivia, SyntaxKind.NewLineTrivia]);
const COMMENTS = new Set([SyntaxKind.SingleLineCommentTrivia, SyntaxKind.MultiLineCommentTrivia]);

/** Reads a file into tokens. */
export function tokenize(text: string): Tokens {
  const scanner = createScanner(false);
  scanner.setText(text);
  const lineAt = lineFinder(text);
  const code: Token[] = [];
  const comments: Comment[] = [];
  const templates: number[] = [];
  let depth = 0;
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFile; kind = scanner.scan()) {
    if (TRIVIA.has(kind)) continue;
    const line = lineAt(scanner.getTokenStart());
    if (COMMENTS.has(kind)) {
      comments.push({ text: scanner.getTokenText(), line });
      continue;
    }
    let token: SyntaxKind = kind;
    if ((kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken) && !endsValue(code.at(-1))) {
      token = scanner.reScanSlashToken();
    } else if (kind === SyntaxKind.OpenBraceToken) {
      depth += 1;
    } else if (kind === SyntaxKind.CloseBraceToken) {
      if (templates.at(-1) === depth) token = scanner.reScanTemplateToken(false);
      else depth -= 1;
    }
    if (token === SyntaxKind.TemplateHead) templates.push(depth);
    if (token === SyntaxKind.TemplateTail) templates.pop();
    const text = textOf(token, scanner.getTokenText(), scanner.getTokenValue());
    code.push({ kind: kindOf(token), text, line, start: scanner.getTokenStart(), end: scanner.getTokenEnd() });
  }
  return { code, comments };
}

function textOf(kind: SyntaxKind, written: string, value: string): string {
  const valued = kindOf(kind) === "string" || kindOf(kind) === "template";
  return valued ? value : written;
}

/** The line of a position, for positions that only grow. */
function lineFinder(text: string): (position: number) => number {
  let line = 1;
  let seen = 0;
  return (position) => {
    for (; seen < position; seen += 1) if (text.charCodeAt(seen) === 10) line += 1;
    return line;
  };
}
