import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";
import type { Problem } from "./place.ts";

/** The names that are looked for where `--config` names none. */
export const FILE_NAMES = ["coatcheck.config.yaml", "coatcheck.config.json"] as const;

/** What a file held, or why it cannot be read. */
export interface ConfigFile {
  /** As messages name it; `undefined` where there is no file. */
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

/** JSON is YAML too, so one parser reads both. Its messages quote the file, which may hold secrets, so only the place is told. */
function parse(name: string, text: string): ConfigFile {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const at = error.linePos?.[0];
    const where = at === undefined ? "" : ` at line ${at.line}, column ${at.col}`;
    return failed(name, `the configuration file ${name} is not valid${where}`, `It is YAML or JSON (${error.code}).`);
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

function failed(name: string, headline: string, line: string): ConfigFile {
  return { name, content: {}, problems: [{ headline, lines: [line] }] };
}
