/**
 * What the documentation shows is true: TypeScript compiles against the sources, npm's commands exist, and a
 * configuration is the very file that the tests run. And each page shows something soon.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readManifest } from "../build/check-packages.ts";
import type { Rule } from "../rule.ts";
import { main } from "../rule.ts";
import type { SourceFile, Violation } from "../sources/files.ts";
import { isTest, isTypeScript, ROOT, readFiles } from "../sources/files.ts";
import type { Snippet } from "./snippets.ts";
import { examplesOf, snippetsOf } from "./snippets.ts";

const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");
const PRELUDE = "tools/documents/snippet-prelude.ts";
const SHELLS = new Set(["sh", "bash", "shell", "console"]);
const CONFIGURATIONS = new Set(["nginx", "caddyfile", "Caddyfile"]);
/** So many lines of a page are seen without scrolling. */
const FIRST_SCREEN = 25;

/** As strict as the sources, but for names that an example declares and does not use. */
const CONFIGURATION = {
  extends: "../../../tsconfig.json",
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
  include: ["*.ts", "../snippet-prelude.ts"],
  exclude: [],
};

/** What the compiler says about TypeScript snippets, at the lines where they stand. */
export function compileSnippets(snippets: readonly Snippet[]): readonly Violation[] {
  if (snippets.length === 0) return [];
  const folder = mkdtempSync(join(ROOT, "tools", "documents", ".snippets-"));
  try {
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIGURATION));
    for (const [index, { line, text }] of snippets.entries()) {
      // Empty lines before it give the compiler's messages the line of the document; `export` makes it a module of its
      // own.
      writeFileSync(join(folder, `snippet-${index}.ts`), `${"\n".repeat(line - 1)}${spellOut(text)}\nexport {};\n`);
    }
    const { stdout } = spawnSync(process.execPath, [TSC, "-p", folder, "--pretty", "false"], { cwd: folder, encoding: "utf8" });
    return stdout.split("\n").flatMap((message) => violationOf(message, snippets));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `{ store, … }` and `f(…)`: an ellipsis among other things stands for what the reader knows, and has any type. */
function spellOut(text: string): string {
  return text.replace(/(?<=[{([,]\s*)…(?=\s*[})\],])/g, '...JSON.parse("")');
}

/** What the compiler says of the sources themselves is another check's. */
function violationOf(message: string, snippets: readonly Snippet[]): readonly Violation[] {
  const [, file = "", line, said] = /^(.*?)\((\d+),\d+\): (error .*)$/.exec(message) ?? [];
  if (said === undefined) return message.startsWith("error") ? [{ path: "tools/documents/check-snippets.ts", message }] : [];
  const index = /snippet-(\d+)\.ts$/.exec(file)?.[1];
  const path = index === undefined ? PRELUDE : snippets[Number(index)]?.path;
  const ours = path !== undefined && (index !== undefined || file.endsWith("snippet-prelude.ts"));
  return ours ? [{ path, line: Number(line), message: said }] : [];
}

/** Commands of npm in shell blocks that name no script. */
export function checkCommands(snippets: readonly Snippet[], scripts: ReadonlySet<string>): readonly Violation[] {
  return snippets
    .filter(({ language }) => SHELLS.has(language))
    .flatMap(({ path, line, text }) =>
      text.split("\n").flatMap((command, index) =>
        [...command.matchAll(/\bnpm (?:run(?:-script)? (?:-s |--silent )?([\w:-]+)|(start|test)\b)/g)]
          .map((match) => match[1] ?? match[2] ?? "")
          .filter((script) => !scripts.has(script))
          .map((script) => ({ path, line: line + index, message: `npm has no script ${script}` })),
      ),
    );
}

/** Configurations that are not the file that their first line names. `read` answers a file's text, or nothing. */
export function checkConfigurations(
  snippets: readonly Snippet[],
  read: (path: string) => string | undefined,
): readonly Violation[] {
  return snippets.flatMap(({ path, line, language, text }) => {
    const file = /^#\s*(docs\/guides\/\S+)/.exec(text)?.[1];
    if (file === undefined) {
      return CONFIGURATIONS.has(language) ? [{ path, line, message: "names no file: begin with `# docs/guides/…`" }] : [];
    }
    const content = read(file)?.trim();
    const same = content === text.trim() || content === text.slice(text.indexOf("\n") + 1).trim();
    if (same) return [];
    return [{ path, line, message: content === undefined ? `there is no ${file}` : `is not what ${file} says` }];
  });
}

/** Pages that show nothing on their first screen, for which a reader in a hurry looks before the rules. */
export function checkFirstScreens(pages: readonly SourceFile[]): readonly Violation[] {
  return pages
    .filter((page) => !snippetsOf(page).some(({ line }) => line <= FIRST_SCREEN))
    .map(({ path }) => ({
      path,
      message: `has no snippet within its first ${FIRST_SCREEN} lines: begin with a task and how it is done`,
    }));
}

/** Pages that answer a task. A record of requirements or of a decision is looked up and answers none. */
function isPage(path: string): boolean {
  return /^docs\/(guides\/)?[\w-]+\.md$/.test(path) && path !== "docs/requirements.md";
}

function checkAll(): readonly Violation[] {
  const documents = readFiles((path) => path.endsWith(".md"));
  const prose = documents.flatMap(snippetsOf);
  const examples = readFiles((path) => path.startsWith("library/src/") && isTypeScript(path) && !isTest(path)).flatMap(
    examplesOf,
  );
  const read = (path: string) => (existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : undefined);
  const scripts = new Set(Object.keys(readManifest(".").scripts ?? {}));
  return [
    ...compileSnippets([...prose, ...examples].filter(({ language }) => language === "ts" || language === "typescript")),
    ...checkCommands(prose, scripts),
    ...checkConfigurations(prose, read),
    ...checkFirstScreens(documents.filter(({ path }) => isPage(path))),
  ];
}

export const documentation: Rule = { name: "snippets of the documentation", check: checkAll };

if (import.meta.main) await main(documentation);
