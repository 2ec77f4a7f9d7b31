/** Reads the configuration files of the guides, so that tests run what readers copy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const GUIDES = join(import.meta.dirname, "../../../docs/guides");

/**
 * A file of the guide, with that alone changed which has to be another in a test. Every text that is changed must be in
 * it.
 */
export function guideFile(path: string, values: { readonly [text: string]: string }): string {
  let text = readFileSync(join(GUIDES, path), "utf8");
  for (const [given, used] of Object.entries(values)) {
    if (!text.includes(given)) throw new Error(`${path} has no ${given}`);
    text = text.replaceAll(given, used);
  }
  return text;
}
