/**
 * Whose work is in a bundle: the names, versions and licences of other people's packages, as their licences ask for.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../sources/files.ts";

const FOLDER = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const TEXT = /^(licen[cs]e|copying|notice)([.-].*)?$/i;
/** Which licences may be in what we publish; another one is a decision. */
const ALLOWED = new Set(["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD"]);

const HEAD = `This package holds, in dist/bundle, parts of the packages below, each under its own licence.
Coatcheck itself is under the licence in LICENSE.
`;

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** The folders of the packages that these files are from. */
export function packagesOf(files: readonly string[]): readonly string[] {
  const folders = files.flatMap((file) => FOLDER.exec(file)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

/**
 * One text about all of them. Throws where a package does not say under which licence it is, or it is none of those
 * allowed.
 */
export function notices(folders: readonly string[], root: string = ROOT): string {
  return [HEAD, ...folders.map((folder) => noticeOf(join(root, folder)))].join(`\n${"-".repeat(80)}\n\n`);
}

function noticeOf(folder: string): string {
  const { name, version, license = "none" }: Package = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!ALLOWED.has(license))
    throw new Error(`${name} is under the licence ${license}, which is not among ${[...ALLOWED].join(", ")}`);
  const texts = readdirSync(folder)
    .filter((file) => TEXT.test(file))
    .sort();
  const own = texts.map((file) => readFileSync(join(folder, file), "utf8").trim());
  const words = [own, inReadme(folder), inRepository(name)].find((found) => found.length > 0) ?? [];
  if (words.length === 0) throw new Error(`${name} comes without the text of its licence`);
  return `${name} ${version}, ${license}\n\n${words.join("\n\n")}\n`;
}

/** What a package has in its repository alone, kept here as it stands there. */
function inRepository(name: string): readonly string[] {
  const kept = join(import.meta.dirname, "licences", `${name.replace("/", "+")}.txt`);
  return existsSync(kept) ? [readFileSync(kept, "utf8").trim()] : [];
}

/** The section of a package's README that is its licence, where that is its only place. */
function inReadme(folder: string): readonly string[] {
  const [readme] = readdirSync(folder).filter((file) => /^readme(\.|$)/i.test(file));
  const text = readme === undefined ? "" : readFileSync(join(folder, readme), "utf8");
  const words =
    text
      .split(/^#+ */m)
      .find((section) => /^licen[cs]e *\n/i.test(section))
      ?.replace(/^.*\n/, "")
      .trim() ?? "";
  return /copyright/i.test(words) && /permission|redistribution/i.test(words) ? [words] : [];
}
