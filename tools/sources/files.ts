/** Which files the repository has, as the rules see them: paths from the root, with forward slashes. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The root of the checkout. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** A file and what it says. Rules take these, so that their tests can plant a violation without a file. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A rule that is broken, and where. */
export interface Violation {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

/** Files that git knows or would add: what is ignored is no source. */
export function listFiles(root: string = ROOT): readonly string[] {
  const output = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(output.split("\0"))].filter((path) => path !== "" && existsSync(join(root, path))).sort();
}

/** The files that `select` wants, read. */
export function readFiles(select: (path: string) => boolean, root: string = ROOT): readonly SourceFile[] {
  return listFiles(root)
    .filter(select)
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** TypeScript that people wrote. */
export function isTypeScript(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path) && !/\.d\.[cm]?ts$/.test(path);
}

/** Tests, and what only tests use. They may reach further than the source beside them. */
export function isTest(path: string): boolean {
  return /\.test(-d)?\.ts$/.test(path) || /(^|\/)test(-support)?\//.test(path);
}

/** One line for a person: `path:line  message`. */
export function describe({ path, line, message }: Violation): string {
  return `${line === undefined ? path : `${path}:${line}`}  ${message}`;
}
