/** Finds and parses the configuration file. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { ErrorCode } from "yaml";
import type { Problem } from "./place.ts";

/** The names that are looked for unless `--config` names one. */
const FILE_NAMES = ["coatcheck.config.yaml", "coatcheck.config.json"] as const;

/** What a file held, or why it cannot be read. */
interface ConfigFile {
  /** As messages name it; `undefined` if there is no file. */
  readonly name: string | undefined;
  readonly content: object;
  readonly problems: readonly Problem[];
}

/** Reads the configuration file: the one that was named, else the one in `directory`, else none. */
export function readConfigFile(named: string | undefined, directory: string): ConfigFile {
  const present = FILE_NAMES.filter((name) => existsSync(join(directory, name)));
  const name = named ?? present[0];
  if (name === undefined) return { name: undefined, content: {}, problems: [] };
  if (named === undefined && present.length > 1) {
    return failed(name, "there are two configuration files", `Keep one of ${present.join(" and ")}, or name it:  --config FILE`);
  }
  try {
    return parse(name, readFileSync(resolve(directory, name), "utf8"));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const reason =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EACCES"
          ? "this user may not read it"
          : `reading it failed (${code})`;
    return failed(name, `the configuration file ${name} cannot be read`, `${reason[0]?.toUpperCase()}${reason.slice(1)}.`);
  }
}

/** Loaded only here: many gateways have no file, and a parser of YAML is large. */
function yaml(): typeof import("./yaml.ts") {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return createRequire(import.meta.url)(`./yaml.${extension}`);
}

/**
 * JSON is YAML too, so one parser reads both. Its messages quote the file, which may hold secrets, so only the place
 * is told.
 */
function parse(name: string, text: string): ConfigFile {
  const { parseDocument } = yaml();
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const at = error.linePos?.[0];
    const where = at === undefined ? "" : ` at line ${at.line}, column ${at.col}`;
    return failed(name, `the configuration file ${name} is not valid${where}`, `It is YAML or JSON. ${reasonOf(error.code)}`);
  }
  const content: unknown = document.toJS({ maxAliasCount: 100 });
  if (content === null || content === undefined) return { name, content: {}, problems: [] };
  if (typeof content !== "object" || Array.isArray(content)) {
    return failed(
      name,
      `the configuration file ${name} is no list of settings`,
      "It holds keys and values, for example:  publicUrl: https://app.example.com",
    );
  }
  return { name, content, problems: [] };
}

/** What the parser's codes mean to the author of such a file. */
const REASONS: { readonly [code in ErrorCode]?: string } = {
  MISSING_CHAR: "A closing quote, bracket or brace, or a colon or comma, is missing here or before.",
  TAB_AS_INDENT: "Lines are indented with spaces, never with tabs.",
  BAD_INDENT: "The indentation does not fit the lines around it.",
  DUPLICATE_KEY: "A key stands twice in the same list.",
  UNEXPECTED_TOKEN: "There is something that does not belong here.",
  BLOCK_AS_IMPLICIT_KEY: "A colon is too many, or a value with a colon needs quotes.",
  MULTILINE_IMPLICIT_KEY: "A key goes over several lines; is a colon missing?",
  BAD_SCALAR_START: "A value that begins with @, ` or % needs quotes.",
  BAD_DQ_ESCAPE: "A backslash within double quotes needs another one, or the value single quotes.",
  BAD_ALIAS: "A value that begins with * needs quotes.",
  BLOCK_IN_FLOW: "Within brackets and braces everything is written on the way of JSON.",
  MULTIPLE_DOCS: "The file holds several documents, divided by ---; only one can be read.",
};

const reasonOf = (code: ErrorCode): string => REASONS[code] ?? `The parser says ${code}.`;

function failed(name: string, headline: string, line: string): ConfigFile {
  return { name, content: {}, problems: [{ headline, lines: [line] }] };
}
