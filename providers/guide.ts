/** Settings as the documentation has them: what people paste is what runs here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const DOCS = join(import.meta.dirname, "../docs");

/** A file of the guides. */
export const guideFile = (path: string): string => readFileSync(join(DOCS, "guides", path), "utf8");

/** The page that the table is on. */
export const PAGE = join(DOCS, "providers.md");

/** The first block of settings below a heading of that page. */
export function guideBlock(heading: string): string {
  const text = readFileSync(PAGE, "utf8");
  const from = text.indexOf(`\n## ${heading}\n`);
  const block = /```yaml\n([\s\S]*?)```/.exec(from < 0 ? "" : text.slice(from))?.[1];
  if (block === undefined) throw new Error(`docs/providers.md has no settings below "${heading}"`);
  return block;
}
