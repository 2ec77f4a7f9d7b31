/**
 * The names that each entry of the library exports, pinned: adding one is a decision, losing one breaks an app.
 * `node tools/check-exports.ts --update` writes the snapshot anew.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { readManifest } from "./build/check-packages.ts";
import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { Violation } from "./sources/files.ts";
import { ROOT } from "./sources/files.ts";
import type { Token } from "./sources/tokens.ts";
import { tokenize } from "./sources/tokens.ts";

/** By entry, the names it exports; those of types begin with `type `. */
export type Snapshot = { readonly [entry: string]: readonly string[] };

const SNAPSHOT = "tools/exports.snapshot.json";
const VALUES = new Set(["const", "let", "function", "class"]);
const TYPES = new Set(["interface", "type"]);

/** Names that a file exports, following `export * from`. `read` answers the text of a path. */
export function exportsOf(path: string, read: (path: string) => string): readonly string[] {
  const { code } = tokenize(read(path));
  const names = code.flatMap((token, index) =>
    token.kind === "name" && token.text === "export" ? exported(code, index + 1, path, read) : [],
  );
  return [...new Set(names)].sort();
}

function exported(code: readonly Token[], index: number, path: string, read: (path: string) => string): readonly string[] {
  let at = index;
  while (["declare", "abstract", "async"].includes(code[at]?.text ?? "")) at += 1;
  const word = code[at]?.text ?? "";
  if (word === "*") return starred(code, at, path, read);
  if (word === "type" && code[at + 1]?.text === "*") return starred(code, at + 1, path, read).map(asType);
  if (word === "{") return listed(code, at + 1, "");
  if (word === "type" && code[at + 1]?.text === "{") return listed(code, at + 2, "type ");
  const name = code[at + 1]?.text === "*" ? code[at + 2]?.text : code[at + 1]?.text;
  if (name === undefined) return [];
  if (TYPES.has(word)) return [`type ${name}`];
  return VALUES.has(word) ? [name] : [];
}

const asType = (name: string) => (name.startsWith("type ") ? name : `type ${name}`);

/** `export * from "./x.ts"`, or `export * as x from …`. */
function starred(code: readonly Token[], at: number, path: string, read: (path: string) => string): readonly string[] {
  const next = code[at + 1];
  if (next?.text === "as") return [code[at + 2]?.text ?? ""];
  const from = code[at + 2]?.text ?? "";
  return from.startsWith(".") ? exportsOf(posix.join(posix.dirname(path), from), read) : [`* from ${from}`];
}

/** `{ a, type B, c as d }`. */
function listed(code: readonly Token[], start: number, prefix: string): readonly string[] {
  const names: string[] = [];
  let own = prefix;
  let last = "";
  for (let at = start; at < code.length; at += 1) {
    const { text = "" } = code[at] ?? {};
    if (text === "," || text === "}") {
      if (last !== "") names.push(own + last);
      own = prefix;
      last = "";
      if (text === "}") break;
    } else if (text === "type" && last === "" && ![",", "}", "as"].includes(code[at + 1]?.text ?? "")) own = "type ";
    else last = text;
  }
  return names;
}

/** What changed between the pinned names and those there are. */
export function compareSnapshots(pinned: Snapshot, found: Snapshot): readonly Violation[] {
  return [...new Set([...Object.keys(pinned), ...Object.keys(found)])].sort().flatMap((entry) => {
    const before = pinned[entry] ?? [];
    const now = found[entry] ?? [];
    const lost = before.filter((name) => !now.includes(name)).map((name) => `no longer exports ${name}`);
    const added = now
      .filter((name) => !before.includes(name))
      .map((name) => `exports ${name}, which is not pinned; if it is meant: node tools/check-exports.ts --update`);
    return [...lost, ...added].map((message) => ({ path: entry, message }));
  });
}

/** What the entries of the library export now. */
function currentSnapshot(): Snapshot {
  const entries = Object.entries(readManifest("library").exports ?? {}).flatMap(([entry, conditions]) => {
    const path = posix.join("library", conditions["coatcheck-source"] ?? "");
    if (!existsSync(join(ROOT, path))) return [];
    return [[posix.join("coatcheck", entry), exportsOf(path, (file) => readFileSync(join(ROOT, file), "utf8"))] as const];
  });
  return Object.fromEntries(entries);
}

function pinnedSnapshot(): Snapshot {
  const file = join(ROOT, SNAPSHOT);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

export const exportNames: Rule = {
  name: "export names",
  check: () => compareSnapshots(pinnedSnapshot(), currentSnapshot()),
};

if (import.meta.main) {
  if (process.argv.includes("--update")) writeFileSync(join(ROOT, SNAPSHOT), `${JSON.stringify(currentSnapshot(), null, 2)}\n`);
  await main(exportNames);
}
