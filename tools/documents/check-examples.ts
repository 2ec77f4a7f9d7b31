/** Every public symbol that a reader would copy from has an `@example`, which the check of snippets compiles. */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { readManifest } from "../build/check-packages.ts";
import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { Violation } from "../sources/files.ts";
import { ROOT } from "../sources/files.ts";

type Read = (path: string) => string;

/** A declaration of a public name. */
export interface Declaration {
  readonly path: string;
  readonly name: string;
  /** An `interface` or `type`; else a value. */
  readonly isType: boolean;
  /** The comment above it. */
  readonly comment: string;
  /** Its text, up to the closing brace at the margin. */
  readonly text: string;
}

/** Options are written down by every app. Of the other types, those that an app implements, or gives by name. */
const WRITTEN = /(?:Options|Config)$/;
const ALSO_WRITTEN = new Set([
  "JwtIssuer",
  "Introspection",
  "TokenVerifier",
  "Strategy",
  "ProxyReader",
  "Clock",
  "AuditEvent",
  "StoreUnderTest",
  "FakeUser",
]);
/** Interfaces whose methods an app calls: each method has an example of its own. */
const CALLED = new Set([
  "Session",
  "Auth",
  "SessionDirectory",
  "SessionClient",
  "FakeProvider",
  "ManualClock",
  "FetchAdapter",
  "NodeAdapter",
  "ExpressAdapter",
  "HonoAdapter",
]);

/** The entries and names of which nothing is copied by itself, and why. */
const NEEDS_NONE: { readonly [name: string]: string } = {
  "coatcheck/adapter": "its parts are of use only together: the file's own example and examples/adapter-of-your-own show them",
  ERRORS: "a table that docs/errors.md prints",
  UNIX: "one word, which the documentation of trusted peers names",
  CoatcheckErrorOptions: "read by the library alone",
};

/** Where a file exports its names from: a file for each name, `*` for all of one. */
function* exportsFrom(path: string, text: string): Generator<{ readonly from: string; readonly name: string | null }> {
  for (const [, names, from = ""] of text.matchAll(/^export (?:type )?(?:\{([^}]*)\}|\*) from "(\.[^"]+)";/gm)) {
    const file = posix.join(posix.dirname(path), from);
    if (names === undefined) yield { from: file, name: null };
    for (const name of names?.split(",") ?? []) {
      const bare = name.trim().replace(/^type /, "");
      if (bare !== "") yield { from: file, name: bare };
    }
  }
}

/** All names that a file publishes, as they are declared. */
export function declarationsOf(path: string, read: Read): readonly Declaration[] {
  const text = read(path);
  const own = [...text.matchAll(/^export (?:async |abstract )*(function|class|const|interface|type) (\w+)/gm)].map((match) => ({
    path,
    name: match[2] ?? "",
    isType: match[1] === "interface" || match[1] === "type",
    comment: commentBefore(text, match.index),
    text: text.slice(match.index, endOf(text, match.index)),
  }));
  const others = [...exportsFrom(path, text)].flatMap(({ from, name }) =>
    declarationsOf(from, read).filter((declaration) => name === null || declaration.name === name),
  );
  return firstOfEach([...own, ...others]);
}

/** Of a function with overloads, the first, which bears the comment. */
function firstOfEach(declarations: readonly Declaration[]): readonly Declaration[] {
  return [...new Map(declarations.toReversed().map((declaration) => [declaration.name, declaration])).values()].toReversed();
}

function commentBefore(text: string, at: number): string {
  const before = text.slice(0, at).trimEnd();
  return before.endsWith("*/") ? before.slice(before.lastIndexOf("/**")) : "";
}

function endOf(text: string, at: number): number {
  const end = text.indexOf("\n}", at);
  return end < 0 ? text.length : end;
}

/** Methods of an interface without an example of their own. */
function bareMethods({ text }: Declaration): readonly string[] {
  return [...text.matchAll(/^ {2}(\w+)(?:<[^>]*>)?\(/gm)]
    .filter(({ index }) => !commentBefore(text, index).includes("@example"))
    .map(([, method = ""]) => method);
}

/** The names of an entry that lack an example. */
export function lacking(entry: string, path: string, read: Read): readonly Violation[] {
  if (Object.hasOwn(NEEDS_NONE, entry)) return [];
  return declarationsOf(path, read).flatMap((declaration) => {
    const { name, isType, comment } = declaration;
    const lacks: string[] = CALLED.has(name) ? bareMethods(declaration).map((method) => `${name}.${method}`) : [];
    const isCopied = !isType || WRITTEN.test(name) || ALSO_WRITTEN.has(name);
    if (isCopied && !comment.includes("@example") && !Object.hasOwn(NEEDS_NONE, name)) lacks.push(name);
    return lacks.map((what) => ({ path: declaration.path, message: `${what} of ${entry} has no @example to copy from` }));
  });
}

function checkAll(): readonly Violation[] {
  const read: Read = (path) => readFileSync(join(ROOT, path), "utf8");
  const found = Object.entries(readManifest("library").exports ?? {}).flatMap(([entry, conditions]) =>
    lacking(posix.join("coatcheck", entry), posix.join("library", conditions["coatcheck-source"] ?? ""), read),
  );
  // A name that two entries publish is one finding.
  return [...new Map(found.map((violation) => [violation.message.replace(/ of coatcheck\S*/, ""), violation])).values()];
}

export const examples: Rule = { name: "examples of public names", check: checkAll };

if (import.meta.main) await main(examples);
